"""A process that writes to a repository beside others, and prints what it was told is stored."""

import itertools
import json

from pack.errors import BlobChanged, PackError
from pack.model import MemoryPath
from pack.provenance import Origin, Source, commit_message
from tests.compat.local_git_support import A, open_memory, put


def main(folder, number, count):
    """Write to a file of one's own and to a shared one in turn; print each acknowledgement."""
    memory = open_memory(folder)
    for turn in itertools.count() if count == 0 else range(count):
        path = MemoryPath(f"own/{number}-{turn}.md") if turn % 2 else A
        line = f"{number}.{turn}\n".encode()
        commit = (append if path == A else put_new)(memory, path, line)
        print(json.dumps([commit, path, line.decode()]), flush=True)
    memory.close()


def append(memory, path, line):
    """Append with retry, as an agent would; the id of the commit."""
    while True:
        try:
            found = memory.get_contents(path)
            content = found.content + line
            return memory.put_contents(path, content, found.sha, message(f"{path}: append")).id
        except PackError as error:
            if not (error.retryable or isinstance(error, BlobChanged) or error.code ==
                    "uncommitted_edit"):  # fmt: skip
                raise


def put_new(memory, path, content):
    while True:
        try:
            return put(memory, path, content, message(f"{path}: add")).id
        except PackError as error:
            if not error.retryable:
                raise


def message(subject):
    """The message of a write of PACK, by which it is known in the log."""
    return commit_message(subject, Origin(Source.AI_CLOUD, "writer"), "request")
