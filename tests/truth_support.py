"""Asking for the truth of lines in tests."""

from pack.core.decision import Decision
from pack.core.truths import LineState, NoteTruth, TruthMode
from pack.model import ABSENT, Delete, MemoryPath, Put
from pack.provenance import Origin, Source

PERSON = Origin(Source.USER, "cli")
AGENT = Origin(Source.AI_CLOUD, "test client")


def truth_of(world, path="a/x.md") -> NoteTruth:
    """The truth of a note as it is now."""
    core = world.memory._session.core
    note = core.reader.find(MemoryPath(path))
    return core.truths.of(note)


def levels(world, path="a/x.md") -> dict[str, int | str]:
    """The level of each line by its words; `?` if it is unattributed, `+` if accepted."""
    core = world.memory._session.core
    note = core.reader.find(MemoryPath(path))
    texts = note.exact_text().split("\n")
    found = core.truths.of(note).lines
    return {text.strip(): _shown(one) for text, one in zip(texts, found, strict=False)}


def _shown(truth):
    state = {LineState.UNATTRIBUTED: "?", LineState.ACCEPTED: "+"}
    return state.get(truth.state, truth.level)


class Writers:
    """A memory with truth levels, and who writes to it, each as a commit of PACK."""

    def __init__(self, world, path="a/x.md"):
        self.world, self.path = world, path
        world.init()
        world.open(truth=TruthMode.RECORD)

    def write(self, origin, text, path=None):
        """A commit of PACK that makes a file hold exactly this; the id of the commit."""
        memory, path = self.world.memory.written_by(origin), MemoryPath(path or self.path)
        put_exactly(memory, {path: text})
        return self.world.connector.head()

    def person(self, text, path=None):
        return self.write(PERSON, text, path)

    def agent(self, text, path=None):
        return self.write(AGENT, text, path)

    def levels(self, path=None):
        return levels(self.world, path or self.path)


def put_exactly(memory, files, trailers=(), *, with_index=True):
    """One commit of PACK: these files hold exactly these bytes; `None` removes one."""
    session = memory._session
    reader = session.core.reader

    def decide():
        changes = []
        for path, text in files.items():
            found = reader.find(MemoryPath(path))
            if text is None:
                changes.append(Delete(MemoryPath(path), found.sha))
            else:
                expect = found.sha if found else ABSENT
                content = text if isinstance(text, bytes) else text.encode()
                changes.append(Put(MemoryPath(path), content, expect))
        first = changes[0].path
        subject = f"{first}: write"
        return Decision(first, changes, subject, trailers=trailers, with_index=with_index)

    return session.write(decide)
