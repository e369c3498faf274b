"""What the parts of a distribution hand to each other.

A path downstream is text as git has it: it need not be a path that a memory would accept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pack.model import CommitId, MemoryPath


class Strategy(StrEnum):
    """What a file becomes downstream."""

    COPY = "copy"
    TEMPLATE = "template"
    REFERENCE = "reference"


class Frequency(StrEnum):
    """What makes a rule run."""

    ON_RELEASE = "on_release"
    ON_CHANGE = "on_change"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class PathRewrite:
    """`rewrite_paths`: the beginning of a path, and what it becomes."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Which files go where, and how; a file of `.pack/distribution/rules/`.

    Attributes:
        id: Its name, unique among rules.
        source: Glob of upstream's paths.
        target_repo: `org/repo`, or the path or `file://` address of a git repository.
        target_path: The folder there, with a slash at its end; empty for the root.
        strategy: What a file becomes there.
        frequency: What makes the rule run.
        include: Globs of which a path must meet one; empty for all that `source` meets.
        exclude: Globs of which a path must meet none.
        strip_internal_links: Whether links to what does not go too become plain text.
        rewrites: How paths change, in order.
        checks_checksum: Whether the files are made again by the verifier.
        checks_schemas: Whether embedded JSON and YAML is validated.
        variables: What a template may use, each with its default; `None` where downstream must
            give one.
        pinned_out: Versions that are not distributed to this downstream any more.
    """

    id: str
    source: str
    target_repo: str
    target_path: str
    strategy: Strategy
    frequency: Frequency
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    strip_internal_links: bool = False
    rewrites: Sequence[PathRewrite] = ()
    checks_checksum: bool = True
    checks_schemas: bool = True
    variables: Mapping[str, str | None] = field(default_factory=dict)
    pinned_out: Sequence[str] = ()

    def pins_out(self, version: str) -> bool:
        """Whether a version is not distributed any more, with its `v` or without."""
        bare = version.removeprefix("v")
        return any(one.removeprefix("v") == bare for one in self.pinned_out)


@dataclass(frozen=True, slots=True)
class Release:
    """A version of upstream.

    Attributes:
        version: The tag, such as `v1.2.0`; for `on_change`, the short id of the commit.
        commit: What it leads to.
        at: When that was committed, in UTC.
        is_tag: Whether it is a tag.
    """

    version: str
    commit: CommitId
    at: datetime
    is_tag: bool = True


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file as it goes downstream.

    Attributes:
        path: There, from the root of the repository.
        source: What it was made from.
        content: Its bytes.
    """

    path: str
    source: MemoryPath
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """What is wrong with a file; never the text that is wrong.

    Attributes:
        path: The file downstream.
        line: 1-based; `None` for the whole file.
        what: What is wrong, in words.
    """

    path: str
    line: int | None
    what: str


class CheckStatus(StrEnum):
    """How a check ended."""

    PASS = "pass"  # noqa: S105 - the word of the report
    FAIL = "fail"
    WARN = "warn"


class CheckName(StrEnum):
    """The checks, in the order of the report."""

    CHECKSUM = "checksum"
    LINK_INTEGRITY = "link_integrity"
    SCHEMA_CHECK = "schema_check"
    SECRET_SCAN = "secret_scan"  # noqa: S105 - the name of a check
    VERSION_TAG = "version_tag"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check says.

    Attributes:
        name: Which check it is.
        status: How it ended.
        details: A sentence, such as `12/12 files match`; of one that failed, also what is where.
        findings: What is wrong, and where.
    """

    name: CheckName
    status: CheckStatus
    details: str
    findings: Sequence[CheckFinding] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """Lines that both sides changed.

    Attributes:
        first: Its first line in the file as it stands downstream, 1-based.
        last: Its last line there; smaller than `first` for none.
        ours: The text there.
        theirs: The text that upstream has.
    """

    first: int
    last: int
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class DownstreamConflict:
    """A file that both sides changed: it stays as it is, and the pull request shows both.

    Attributes:
        path: The file downstream.
        what: What happened, in words.
        regions: Where; empty for a file without lines, or one that a side removed.
        is_text: Whether both sides have a text of it; else something is in its way.
    """

    path: str
    what: str
    regions: Sequence[Region] = ()
    is_text: bool = True


@dataclass(frozen=True, slots=True)
class StaleOverride:
    """An override that was made on an older version.

    Attributes:
        path: The override.
        versions: How many releases ago.
    """

    path: str
    versions: int


@dataclass(frozen=True, slots=True)
class PullRequestText:
    """A pull request as it is asked for.

    Attributes:
        title: Its title.
        body: Its text, in markdown.
        labels: What it is marked with.
        reviewers: Names of users and teams (`org/team`) from CODEOWNERS, without `@`.
        branch: The branch it offers.
    """

    title: str
    body: str
    labels: Sequence[str]
    reviewers: Sequence[str]
    branch: str
