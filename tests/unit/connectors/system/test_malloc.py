"""Memory that was freed is given back to the system, so that a server does not stay as large as
its first start made it."""

import ctypes
import subprocess
import sys

import pytest

SCRIPT = """
import ctypes
from pathlib import Path
from pack_connectors.system.malloc import give_back

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


GLIBC = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="the C library gives it back by itself",
)


@GLIBC
def test_freed_memory_is_given_back():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, check=True, text=True)
    before, after = map(int, run.stdout.split())
    assert after < before - 50_000


THREADS = """
import re, threading
from pathlib import Path
import ctypes
from pack_connectors.system.malloc import share_arenas

if {shared}:
    share_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
held = threading.Barrier(9)
blocks = []

def work():
    blocks.append(libc.malloc(10_000))
    held.wait()
    held.wait()

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
held.wait()
# An arena of glibc is 64 MiB of addresses, most of which may not be touched.
sizes = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) ---p", Path("/proc/self/maps").read_text(), re.M)
print(sum(int(end, 16) - int(start, 16) > 60 << 20 for start, end in sizes))
held.wait()
"""


@GLIBC
def test_threads_share_two_arenas():
    found = []
    for shared in (False, True):
        script = THREADS.format(shared=shared)
        run = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, text=True
        )
        found.append(int(run.stdout))
    assert found[1] <= 1  # besides the main one, which has no such place of its own
    assert found[0] > found[1]
