"""The first commit of an empty repository: pushed by git's own protocol, all files in one commit.

Why not the API: Git Data refuses an empty repository, and the contents API makes one commit per
file, so a memory would begin with two commits or a rewritten branch. Why not the git program: it
would need a temporary repository, a way to be given the token and a reading of its messages, and
would know nothing of this connector's limits and waits. A push of one small pack is one request. It
creates the branch only if there is none (the old id is zero), and the commit's id is known before
it is sent, so that after a lost answer it can be looked for.

Sources: gitprotocol-http(5), gitprotocol-pack(5) (report-status), gitformat-pack(5).
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pack.errors import ConnectorError, PackError, StaleBase
from pack.model import CommitId, Identity, object_id
from pack_connectors.github.commit.draft import CommitDraft, LookBack
from pack_connectors.github.head import GithubHead
from pack_connectors.github.http import Answer, Request
from pack_connectors.github.refusals import lock, plain
from pack_connectors.github.repository import CommitRecord, GithubRepository

_ZEROS: Final = "0" * 40
_CONTENT_TYPE: Final = "application/x-git-receive-pack-request"
_MAX_REPORT: Final = 1024 * 1024


class FirstCommit:
    """Creates the branch of an empty repository."""

    def __init__(self, repository: GithubRepository, head: GithubHead, look_back: LookBack) -> None:
        self._repository = repository
        self._head = head
        self._look_back = look_back

    def write(self, plan: CommitDraft, now: datetime) -> CommitRecord:
        """The commit that was made.

        Raises:
            StaleBase: The repository is no longer empty. Nothing was written.
            OutcomeUnknown: It may have been written, and the branch cannot be looked at.
            ConnectorError: GitHub refuses or cannot be reached. Nothing was written.
        """
        account = self._account()
        made, data = _commit(plan, plan.author or account, account, now)
        objects = [(b"commit", data), *((b"tree", tree) for _, tree in plan.after.objects())]
        objects += [(b"blob", put.content) for put in plan.puts]
        request = self._request(made.id, encode_pack(objects))
        web = self._repository.place.host.web
        made = replace(made, url=f"{web}/{self._repository.place.full_name}/commit/{made.id}")
        return self._look_back.send(
            None, lambda: self._push(request, made), lambda one: one.id == made.id
        )

    def _account(self) -> Identity:
        """The account of the token as git names it, with the address that GitHub gives it."""
        owner = self._repository.place.owner
        answer, body = self._repository.session.read_json(Request("GET", "/user"))
        if answer.status == 200 and isinstance(body, dict) and isinstance(body.get("login"), str):
            login = body["login"]
            return Identity(login, f"{body.get('id')}+{login}@users.noreply.github.com")
        if answer.status == 401:
            raise self._repository.refused(answer)
        return Identity(owner, f"{owner}@users.noreply.github.com")  # an app has no account

    def _request(self, commit: CommitId, pack: bytes) -> Request:
        command = f"{_ZEROS} {commit} refs/heads/{self._head.branch_of(None)}"
        line = f"{command}\0 report-status agent=pack-memory".encode()
        body = b"%04x%s0000" % (len(line) + 4, line) + pack
        secret = f"x-access-token:{self._repository.session.http.token()}"
        headers = {
            "authorization": f"Basic {base64.b64encode(secret.encode()).decode()}",
            "content-type": _CONTENT_TYPE,
        }
        return Request(
            "POST",
            f"{self._repository.place.git_url}/git-receive-pack",
            raw_body=body,
            headers=headers,
            accept="application/x-git-receive-pack-result",
            max_bytes=_MAX_REPORT,
        )

    def _push(self, request: Request, made: CommitRecord) -> CommitRecord:
        refused = self._refusal(self._repository.session.write(request))
        if refused is not None:
            raise refused
        return made

    def _refusal(self, answer: Answer) -> PackError | None:
        """The error that a report means; `None` for success."""
        if answer.status != 200:
            return self._repository.refused(answer)
        report = answer.body.decode("utf-8", "replace")
        if "unpack ok" in report and "ok refs/heads/" in report and "ng refs/heads/" not in report:
            return None
        reason = report.partition("ng refs/heads/")[2].splitlines() or [report[:200]]
        if (locked := lock(reason[0], self._repository.place.full_name)) is not None:
            return locked
        actual = self._head.refresh()
        if actual is not None:
            return StaleBase(None, actual.id)
        return ConnectorError(f"GitHub refused the first commit: {plain(reason[0])}")


def _commit(
    plan: CommitDraft, author: Identity, committer: Identity, now: datetime
) -> tuple[CommitRecord, bytes]:
    """The commit and its data, as git stores it (git-hash-object(1), "commit")."""
    seconds, tree = int(now.timestamp()), plan.after.id()
    message = plan.message if plan.message.endswith("\n") else f"{plan.message}\n"
    lines = (
        f"tree {tree}",
        f"author {_person(author)} {seconds} +0000",
        f"committer {_person(committer)} {seconds} +0000",
        "",
        message,
    )
    data = "\n".join(lines).encode("utf-8", "replace")
    at = datetime.fromtimestamp(seconds, UTC)
    commit = CommitId(object_id("commit", data))
    return CommitRecord(commit, tree, (), plan.message, at, None), data


def _person(identity: Identity) -> str:
    """A name and an address without characters that end them (git's ident.c, "crud")."""
    name, email = (
        "".join(c for c in text if c.isprintable() and c not in "<>").strip(" .,:;\"'")
        for text in (identity.name, identity.email)
    )
    return f"{name or 'unknown'} <{email}>"


def encode_pack(objects: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A pack of whole objects, each once, given as type and data."""
    # Here, as most processes never make a first commit.
    from gitdb import OStream  # type: ignore[import-untyped]  # noqa: PLC0415
    from gitdb.pack import PackEntity  # type: ignore[import-untyped]  # noqa: PLC0415

    unique = dict.fromkeys(objects)
    streams = [OStream(b"", kind, len(data), io.BytesIO(data)) for kind, data in unique]
    pack = io.BytesIO()
    PackEntity.write_pack(streams, pack.write)
    return pack.getvalue()
