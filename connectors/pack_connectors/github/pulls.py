"""The pull requests of a downstream on GitHub.

What is as wanted already is not written again, so a run that changes nothing only reads. All but a
comment can be asked for twice without harm, and is, where an answer was lost; for a comment it is
looked whether it is there.

Source: GitHub REST documentation, "Pull requests", "Review requests", "Labels", "Issue comments";
GitHub GraphQL reference, "enablePullRequestAutoMerge", "disablePullRequestAutoMerge".
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Final

from pack.distribution.ports import PullRequest, PullState
from pack.distribution.values import PullRequestText
from pack.errors import ConnectorError, PackError, Unavailable
from pack_connectors.github.http import Answer, Request
from pack_connectors.github.pull_rows import PullRow
from pack_connectors.github.refusals import plain
from pack_connectors.github.repository import GithubRepository
from pack_connectors.github.session import graphql_errors
from pack_connectors.system.retry import NoAnswer

_MOST_PAGES: Final = 10
"""Of pull requests in any state; of older ones, only those that are open count."""
_ATTEMPTS: Final = 4
_METHODS: Final = {"allow_merge_commit": "MERGE", "allow_squash_merge": "SQUASH"}
_DISABLE: Final = """
mutation($input: DisablePullRequestAutoMergeInput!) {
  disablePullRequestAutoMerge(input: $input) { clientMutationId }
}
"""
_ENABLE: Final = """
mutation($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { clientMutationId }
}
"""


class GithubPullRequests:
    """See `PullRequests`.

    Args:
        repository: The repository.
        about: What GitHub says of it.
    """

    def __init__(
        self, repository: GithubRepository, about: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._repository = repository
        self._session = repository.session
        self._about = about
        self._rows: dict[int, PullRow] = {}
        self._is_listed = False

    # --- which there are -----------------------------------------------------------------------

    def list(self, branch_prefix: str) -> Sequence[PullRequest]:
        """See `PullRequests.list`; those of forks are left out. Asked once, then remembered."""
        if not self._is_listed:
            for row in self._listed():
                self._rows.setdefault(row.value.number, row)
            self._is_listed = True
        found = [self._rows[number] for number in sorted(self._rows, reverse=True)]
        return [
            row.value for row in found if row.is_own and row.value.branch.startswith(branch_prefix)
        ]

    def _listed(self) -> Iterator[PullRow]:
        query = {"state": "all", "sort": "created", "direction": "desc", "per_page": "100"}
        is_cut = yield from self._pages(query, _MOST_PAGES)
        if is_cut:
            yield from self._pages({**query, "state": "open"}, None)

    def _pages(self, query: Mapping[str, str], most: int | None) -> Generator[PullRow, None, bool]:
        page, has_more = 1, True
        while has_more and (most is None or page <= most):
            asked = {**query, "page": str(page)} if page > 1 else query
            answer, rows = self._ask(Request("GET", self._path("pulls"), asked))
            if answer.status != 200 or not isinstance(rows, list):
                raise self._repository.refused(answer)
            yield from map(PullRow, rows)
            has_more = 'rel="next"' in answer.headers.get("link", "")
            page += 1
        return has_more

    # --- opening and editing -------------------------------------------------------------------

    def open(self, wanted: PullRequestText, base: str) -> PullRequest:
        """See `PullRequests.open`; a branch that is new may not be seen everywhere yet."""
        body = {"title": wanted.title, "head": wanted.branch, "base": base, "body": wanted.body}
        for _ in self._session.retry.attempts(_ATTEMPTS):
            answer, row = self._ask(Request("POST", self._path("pulls"), body=body))
            if answer.status == 201:
                return self._keep(row).value
            if not _misses_head(answer):
                break
        if answer.status == 422 and b"already exists" in answer.body:
            is_far = ":" in wanted.branch  # a branch of a fork is `USER:BRANCH`
            head = wanted.branch if is_far else f"{self._repository.place.owner}:{wanted.branch}"
            for found in self._pages({"state": "open", "head": head, "per_page": "100"}, 1):
                if found.is_own is not is_far:
                    self._rows[found.value.number] = found
                    return found.value
        raise self._refused(answer)

    def edit(self, pull: PullRequest, wanted: PullRequestText) -> PullRequest:
        """See `PullRequests.edit`; nothing is written if it has them."""
        if (pull.title, pull.body.strip()) == (wanted.title, wanted.body.strip()):
            return pull
        return self._patch(pull, {"title": wanted.title, "body": wanted.body})

    def close(self, pull: PullRequest) -> None:
        """See `PullRequests.close`."""
        if pull.state is PullState.OPEN:
            self._patch(pull, {"state": "closed"})

    def _patch(self, pull: PullRequest, body: Mapping[str, str]) -> PullRequest:
        answer, row = self._ask(
            Request("PATCH", self._path("pulls", str(pull.number)), body=dict(body))
        )
        if answer.status != 200:
            raise self._refused(answer)
        return self._keep(row).value

    # --- labels and reviewers ------------------------------------------------------------------

    def label(self, pull: PullRequest, labels: Sequence[str]) -> Sequence[str]:
        """See `PullRequests.label`."""
        has = {name.lower() for name in self._row(pull).labels}
        missing = [name for name in labels if name.lower() not in has]
        if not missing:
            return ()
        path = self._path("issues", str(pull.number), "labels")
        answer, rows = self._ask(Request("POST", path, body={"labels": missing}))
        if answer.status == 200 and isinstance(rows, list):
            self._row(pull).labels = [str(row["name"]) for row in rows]
            return ()
        return (f"the labels {', '.join(missing)} were not set: {_said(answer)}",)

    def ask(self, pull: PullRequest, reviewers: Sequence[str]) -> Sequence[str]:
        """See `PullRequests.ask`: all at once, and one by one where GitHub refuses some of them."""
        row = self._row(pull)
        gone = {name.lower() for name in (*row.reviewers, row.author)}
        wanted = [name for name in dict.fromkeys(reviewers) if name.lower() not in gone]
        people = [name for name in wanted if "@" not in name]
        notes = [
            f"{name} was not asked for a review: GitHub asks no mail addresses"
            for name in wanted
            if "@" in name
        ]
        if people and (refused := self._request(pull, people)) is not None:
            alone = len(people) == 1
            said = [(one, refused if alone else self._request(pull, [one])) for one in people]
            notes += [f"{one} was not asked for a review: {why}" for one, why in said if why]
        return notes

    def _request(self, pull: PullRequest, names: Sequence[str]) -> str | None:
        """Ask some people and teams; why that cannot be, or nothing."""
        body = {
            "reviewers": [name for name in names if "/" not in name],
            "team_reviewers": [name.partition("/")[2] for name in names if "/" in name],
        }
        path = self._path("pulls", str(pull.number), "requested_reviewers")
        answer, row = self._ask(Request("POST", path, body=body))
        if answer.status != 201:
            return _said(answer)
        self._keep(row)
        return None

    # --- what is said --------------------------------------------------------------------------

    def comment(self, pull: PullRequest, text: str) -> None:
        """See `PullRequests.comment`."""
        if pull.is_locked:
            return
        path = self._path("issues", str(pull.number), "comments")
        for _ in self._session.retry.attempts(_ATTEMPTS):
            if text.strip() in self._comments(path):
                return
            try:
                answer = self._session.write(Request("POST", path, body={"body": text}))
            except NoAnswer:
                continue
            if answer.status != 201 and b"locked" not in answer.body:
                raise self._refused(answer)
            return
        raise Unavailable("GitHub cannot be written to: no answer came, and nothing was said")

    def _comments(self, path: str) -> set[str]:
        """What was said already."""
        said, page, has_more = set[str](), 1, True
        while has_more:
            query = {"per_page": "100"} | ({"page": str(page)} if page > 1 else {})
            answer, rows = self._ask(Request("GET", path, query))
            if answer.status != 200 or not isinstance(rows, list):
                raise self._refused(answer)
            said |= {str(row.get("body") or "").replace("\r\n", "\n").strip() for row in rows}
            has_more = 'rel="next"' in answer.headers.get("link", "")
            page += 1
        return said

    # --- merging -------------------------------------------------------------------------------

    def merge_when_ready(self, pull: PullRequest) -> str | None:
        """See `PullRequests.merge_when_ready`: only where the repository allows auto-merge.

        It is never merged at once: where no rule makes it wait, GitHub refuses, and people decide.
        """
        about, row = self._about(), self._row(pull)
        if row.merges_itself:
            return None
        if about.get("allow_auto_merge") is not True:
            return "it is not merged by itself: the repository does not allow auto-merge"
        allowed = (method for flag, method in _METHODS.items() if about.get(flag) is not False)
        given: dict[str, object] = {
            "pullRequestId": row.node_id,
            "mergeMethod": next(allowed, "REBASE"),
        }
        if pull.head is not None:
            given["expectedHeadOid"] = pull.head
        if (why := self._mutate(_ENABLE, given)) is not None:
            return f"it is not merged by itself: {why}"
        row.merges_itself = True
        return None

    def leave_to_people(self, pull: PullRequest) -> None:
        """See `PullRequests.leave_to_people`."""
        row = self._row(pull)
        if not row.merges_itself:
            return
        why = self._mutate(_DISABLE, {"pullRequestId": row.node_id})
        if why is not None and self._asked_again(pull).merges_itself:
            raise ConnectorError(
                f"{pull.url} is still merged by itself: {why}",
                "Turn auto-merge off there, then try again.",
            )
        row.merges_itself = False

    def _mutate(self, query: str, given: dict[str, object]) -> str | None:
        """Do what can be done twice; why that cannot be, or nothing."""
        answer, body = self._session.query(query, {"input": given})
        errors = [message for _, message in graphql_errors(body)]
        if answer.status == 200 and not errors:
            return None
        return plain("; ".join(errors)) or f"GitHub answered with {answer.status}"

    # --- requests ------------------------------------------------------------------------------

    def _row(self, pull: PullRequest) -> PullRow:
        return self._rows.get(pull.number) or self._asked_again(pull)

    def _asked_again(self, pull: PullRequest) -> PullRow:
        answer, row = self._ask(Request("GET", self._path("pulls", str(pull.number))))
        if answer.status != 200:
            raise self._refused(answer)
        return self._keep(row)

    def _keep(self, row: Any) -> PullRow:
        if not isinstance(row, dict):
            raise ConnectorError("GitHub's answer makes no sense: it is no pull request")
        made = PullRow(row)
        self._rows[made.value.number] = made
        return made

    def _ask(self, request: Request) -> tuple[Answer, Any]:
        return self._session.read_json(request)

    def _path(self, *parts: str) -> str:
        return self._repository.path(*parts)

    def _refused(self, answer: Answer) -> PackError:
        return self._repository.refused(answer)


def _misses_head(answer: Answer) -> bool:
    """Whether GitHub refuses a pull request because it sees no such branch."""
    errors = answer.member("errors")
    return isinstance(errors, list) and any(
        isinstance(error, dict) and (error.get("field"), error.get("code")) == ("head", "invalid")
        for error in errors
    )


def _said(answer: Answer) -> str:
    """GitHub's reason, in its own words."""
    message = answer.member("message")
    return plain(message) if isinstance(message, str) else f"GitHub answered {answer.status}"
