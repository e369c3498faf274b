"""GITHUB for tests: `with GithubStandIn(folder) as github:` and it is there.

What a test does with it:

- `github.add_repository("ada/memory", {"context/a.md": b"..."})`, and a token of `ada` is
  `github.token` (further ones: `github.add_token(...)`; users: `github.state.add_user`).
- Talk to `github.url` (or `github.enterprise_url`), with any HTTP client, from any process; `git`
  to `github.clone_url("ada/memory")`. In process: `github.transport()` for `httpx.AsyncClient`.
- `github.faults.add(FaultKind.CUT_AFTER, "graphql/mutation")`, or by chance:
  `github.faults.at_random(seed, ...)`; `with github.down():` refuses connections.
- `with github.log.counting() as asked:` ..., then `asked.paid`, `asked.not_modified`,
  `asked.operations()`.
- `github.clock` stands still; `github.clock.advance(60)`, or give `github.clock.sleep` to what
  waits.
- `github.commit("ada/memory", {...})` is somebody else's write; `github.files("ada/memory")` and
  `github.messages("ada/memory")` look behind the scenes.
- `github.service.sizes`, `github.limiter.limits`: where the service stops, to be made small.

Every request and answer is checked against the vendor's description, where that is at hand. What
does not fit fails the test when the `with` block ends, even if the code under test swallowed it;
`with github.unchecked():` is for bad requests made on purpose.

- Pull requests: `github.repository(name).tracker` has them; `.rules` protects branches, `.passed`
  are checks that have succeeded, `.teams` and `.collaborators` may review; a fork is
  `github.state.fork(...)`. Locking, closing by hand and the like is setting a value.

Not served, though described: tags, topics, merges without a pull request, rules, the list of
collaborators, codeowners. A request for them fails the test as "no such operation".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType

import httpx

from tests.standins.clock import ManualClock
from tests.standins.faults import FaultPlan
from tests.standins.github_app import GithubApp
from tests.standins.github_limits import Limits, RateLimiter
from tests.standins.github_protection import required_checks
from tests.standins.github_pulls import merge
from tests.standins.github_service import GithubService
from tests.standins.github_state import GithubState, Permission, Repository, Token
from tests.standins.loopback import LoopbackServer
from tests.standins.openapi_check import github_check
from tests.standins.request_log import RequestLog

USER = "ada"
TOKEN = "github_pat_canary_5f1d0c7e"


class CheckFailed(AssertionError):
    """A request or an answer did not fit the vendor's description."""


class GithubStandIn:
    """GitHub, with the user `ada` and her token, which may read, write and create.

    Attributes:
        service: What answers; `state`, `limiter`, `faults` and `log` are parts of it.
        clock: The service's time.
        token: The text of ada's token.
    """

    def __init__(
        self, folder: Path, *, limits: Limits | None = None, on_loopback: bool = True
    ) -> None:
        self.clock = ManualClock()
        self.state = GithubState(folder, self.clock)
        self.limiter = RateLimiter(self.clock, limits or Limits())
        self.service = GithubService(self.state, self.limiter, github_check())
        self.app = GithubApp(self.service)
        self.server = LoopbackServer(self.app)
        self.token = TOKEN
        self._on_loopback = on_loopback
        self._clients = ExitStack()
        folder.mkdir(parents=True, exist_ok=True)
        self.state.add_user(USER)
        self.add_token(Token(TOKEN, USER, administration=Permission.WRITE))

    @property
    def faults(self) -> FaultPlan:
        return self.service.faults

    @property
    def log(self) -> RequestLog:
        return self.service.log

    # --- the wire ------------------------------------------------------------------------------

    def __enter__(self) -> GithubStandIn:
        if self._on_loopback:
            self.server.start()
            self.service.web_url = self.server.url
            self.service.archive_host = self.server.other_host_url
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clients.close()
        if self._on_loopback:
            self.server.stop()
        self.state.close()
        if violations := self.take_violations():
            raise CheckFailed("\n".join(violations)) from error

    @property
    def url(self) -> str:
        """Base of the REST API; GraphQL is at `/graphql` below it."""
        return self.service.web_url

    @property
    def enterprise_url(self) -> str:
        """The same below `/api/v3`; GraphQL is at `/api/graphql` of the host."""
        return f"{self.service.web_url}/api/v3"

    def clone_url(self, full_name: str, token: str | None = None) -> str:
        """URL for git, with a token as its password."""
        host = self.service.web_url.removeprefix("http://")
        return f"http://x-access-token:{token or self.token}@{host}/{full_name}.git"

    def transport(self) -> httpx.ASGITransport:
        """The service in process, for an `httpx.AsyncClient`."""
        return httpx.ASGITransport(app=self.app)

    def client(self, token: str | None = None, **headers: str) -> httpx.Client:
        """A client of the API that is closed with the stand-in; `headers` as for `headers`."""
        made = httpx.Client(base_url=self.url, headers=self.headers(token, **headers))
        return self._clients.enter_context(made)

    def headers(self, token: str | None = None, **others: str) -> dict[str, str]:
        """What a well-behaved client sends; `_` in a name stands for `-`."""
        usual = {
            "authorization": f"Bearer {token or self.token}",
            "accept": "application/vnd.github+json",
            "x-github-api-version": "2022-11-28",
            "user-agent": "pack-tests",
        }
        return usual | {name.replace("_", "-"): text for name, text in others.items()}

    @contextmanager
    def down(self) -> Iterator[None]:
        """Connections are refused inside the `with` block; the state stays."""
        with self.server.down():
            yield

    # --- the checker ---------------------------------------------------------------------------

    @property
    def is_checked(self) -> bool:
        """Whether REST is compared with the vendor's description (GraphQL always is)."""
        return self.service.check is not None

    def take_violations(self) -> list[str]:
        """What did not fit so far; forgotten with that."""
        found, self.service.violations = self.service.violations, []
        return found

    @contextmanager
    def unchecked(self) -> Iterator[None]:
        """Requests inside the `with` block may be wrong; they are refused as GitHub does."""
        self.service.checks_requests = False
        try:
            yield
        finally:
            self.service.checks_requests = True

    # --- state ---------------------------------------------------------------------------------

    def add_token(self, token: Token) -> str:
        """A further token; its text."""
        return self.state.add_token(token).text

    def add_repository(
        self, full_name: str, files: Mapping[str, bytes] | None = None, *, private: bool = True
    ) -> Repository:
        """A repository; without `files` it is empty: no commit, no branch."""
        made = self.state.create_repository(full_name, private=private)
        if files is not None:
            self.commit(full_name, files, "first")
        return made

    def commit(
        self, full_name: str, files: Mapping[str, bytes | None], message: str = "by another writer"
    ) -> str:
        """Somebody else's commit on the default branch; `None` deletes. Its id."""
        return self.state.commit(full_name, files, message)

    def pass_check(self, full_name: str, number: int, check: str) -> None:
        """A check of a pull request succeeds; it is merged if that was all it waited for."""
        found = self.repository(full_name)
        pull = found.tracker.pulls[number]
        found.passed.add((pull.head, check))
        if pull.auto_merge is not None and not required_checks(found, pull):
            assert pull.auto_merge_by is not None
            assert merge(self.state, found, pull, pull.auto_merge, pull.auto_merge_by, {})

    def repository(self, full_name: str) -> Repository:
        return self.state.repositories[full_name.lower()]

    def head(self, full_name: str) -> str | None:
        """The commit of the default branch."""
        found = self.repository(full_name)
        return found.git.ref(f"refs/heads/{found.default_branch}")

    def files(self, full_name: str) -> dict[str, bytes]:
        """All files at the head, by path."""
        git, head = self.repository(full_name).git, self.head(full_name)
        if head is None:
            return {}
        names = git.git("ls-tree", "-r", "-z", "--name-only", head).decode().split("\0")[:-1]
        data = git.commit_data(head)
        assert data is not None
        items = {name: git.item_at(data.tree, name) for name in names}
        return {name: git.get(item.oid, "blob") or b"" for name, item in items.items() if item}

    def messages(self, full_name: str) -> list[str]:
        """Messages of all commits at the head, newest first."""
        git, head = self.repository(full_name).git, self.head(full_name)
        found = [git.commit_data(oid) for oid in git.log(head)] if head else []
        return [data.message for data in found if data is not None]
