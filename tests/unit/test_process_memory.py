"""Memory that was freed is given back to the system, so that a server does not stay as large as
its first start made it."""

import ctypes
import subprocess
import sys

import pytest

SCRIPT = """
import ctypes
from pathlib import Path
from pack_connectors.process_memory import give_back

def resident():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1])

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
blocks = [libc.malloc(4000) for _ in range(20_000)]
for block in blocks:
    ctypes.memset(block, 1, 4000)
for block in blocks[:-1]:  # the last one keeps the others from going by themselves
    libc.free(block)
before = resident()
give_back()
print(before, resident())
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="the C library gives it back by itself",
)
def test_freed_memory_is_given_back():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, text=True)
    before, after = map(int, run.stdout.split())
    assert after < before - 50_000
