"""A sync commit is the same wherever it is made: in git, on GitHub, and by git itself."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_connectors.github.downstream import GithubDownstream
from pack_connectors.github.session import GithubSession
from pack_connectors.local_git.distribution.downstream import GitDownstream
from pack_connectors.local_git.distribution.scratch import Scratch

from pack.errors import PackError
from pack.model import CommitId
from tests.conformance.downstream_contract import (
    DownstreamPlace,
    by_git,
    new_commit,
    run_git,
    stream,
)
from tests.github_support import NO_CERTIFICATES
from tests.standins.github import GithubStandIn
from tests.support import examples

NAMES = st.sampled_from(["a.md", "B.md", "b", "docs", "docs.md", "ä ü.md", '"q".md', "-x"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TEXTS = st.one_of(st.sampled_from([b"", b"x\r\n", b"\xff\0", "ü\n".encode()]), st.binary())


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    """Files, none of which is in the way of another."""
    found: dict[str, bytes] = {}
    for path, text in draw(st.dictionaries(PATHS, TEXTS, max_size=6)).items():
        if not any(f"{one}/".startswith(f"{path}/") or path.startswith(f"{one}/") for one in found):
            found[path] = text
    return found


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    with GithubStandIn(tmp_path_factory.mktemp("github")) as standin:
        yield standin


@pytest.mark.usefixtures("git_identity")
def test_the_same_values_make_the_same_commit_everywhere(
    service: GithubStandIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = service.add_repository("ada/webapp", {"first.md": b"1\n"}).git.folder
    session = GithubSession(
        service.url,
        lambda: service.token,
        clock=service.clock,
        sleep=service.clock.sleep,
        transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
    )
    scratch = Scratch()

    @settings(max_examples=examples(8, 200))
    @given(before=trees(), writes=trees(), removes=st.lists(PATHS, max_size=3))
    def check(before: dict[str, bytes], writes: dict[str, bytes], removes: list[str]) -> None:
        git = run_git(folder)
        git("fast-import", "--quiet", "--force", stdin=stream(quoted(before), "base", None))
        parent = CommitId(git("rev-parse", "base").decode().strip())
        wanted = new_commit(parent, writes=writes, removes=removes)
        places = (
            GitDownstream(str(folder), scratch),
            GithubDownstream(session, "ada", "webapp"),
        )
        made = {result_of(place, wanted) for place in places}
        assert len(made) == 1, made
        if not removes and len(one := made.pop()) == 40:
            place = DownstreamPlace(lambda: places[0], git, lambda _: None)
            assert by_git(place, wanted) == one

    check()
    scratch.close()
    session.close()


def result_of(place: GitDownstream | GithubDownstream, wanted: object) -> str:
    """The commit, or what is said against it."""
    try:
        return place.commit(wanted)  # type: ignore[arg-type]  # one for both
    except PackError as error:
        return f"{type(error).__name__}: {error}"


def quoted(files: dict[str, bytes]) -> dict[str, bytes]:
    """Files with their paths as `git fast-import` reads them."""
    return {'"{}"'.format(path.replace('"', '\\"')): text for path, text in files.items()}
