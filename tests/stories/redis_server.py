"""A Redis server of a test's own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import free_port

PROGRAM = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")
_READY = b"Ready to accept connections"


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[int]:
    """Serve on loopback until the end of the block; the port."""
    chosen = port or free_port()
    folder.mkdir(exist_ok=True)
    command = [str(PROGRAM), "--port", str(chosen), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen(
        [*command, "--appendonly", "no", "--dir", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            assert process.stdout
            said = []
            for line in process.stdout:
                said.append(line)
                if _READY in line:
                    break
            assert process.poll() is None, b"".join(said)
            yield chosen
        finally:
            process.kill()
