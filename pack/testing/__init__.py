"""The test suites that every connector and every sync target must pass, in this project or outside.

Subclass `ConnectorContract`, `TargetContract` or `EventTargetContract`, which can be imported from
here. This room must not know any implementation. Start with `connector`.
"""

from pack.testing.connector import ConcurrencyContract as ConcurrencyContract
from pack.testing.connector import ConnectorContract as ConnectorContract
from pack.testing.connector import ConnectorHooks as ConnectorHooks
from pack.testing.connector import LoggedCommit as LoggedCommit
from pack.testing.connector import ReadingContract as ReadingContract
from pack.testing.connector import WorkingTreeContract as WorkingTreeContract
from pack.testing.connector import WritingContract as WritingContract
from pack.testing.target import EventTargetContract as EventTargetContract
from pack.testing.target import Failure as Failure
from pack.testing.target import TargetContract as TargetContract
from pack.testing.target import TargetHooks as TargetHooks
