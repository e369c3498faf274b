"""Child processes that are waited for without looking again and again whether they have ended.

With a timeout, `subprocess` looks, sleeps for a millisecond, and looks again. A child has closed
its output a moment before it has ended, so every other short command of git paid for that sleep.

Sources: pidfd_open(2); CPython's subprocess.py (`Popen._wait`).
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import suppress

if sys.platform == "linux":
    import resource


class Child(subprocess.Popen[bytes]):
    """As `subprocess.Popen`; where Linux can do it, a wait sleeps until the child has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """See `subprocess.Popen.wait`."""
        if timeout is not None and self.returncode is None:
            start = time.monotonic()
            _sleep_until_end(self.pid, timeout)
            timeout = max(0.0, timeout - (time.monotonic() - start))
        return super().wait(timeout)

    def limit_memory(self, most: int) -> None:
        """Have it fail where it wants more than so many bytes of memory; only Linux can say that.

        Files that it maps do not count. Source: getrlimit(2), "RLIMIT_DATA".
        """
        if sys.platform == "linux":
            with suppress(OSError, ValueError):  # it has ended, or may have less anyway
                resource.prlimit(self.pid, resource.RLIMIT_DATA, (most, most))


def _sleep_until_end(pid: int, seconds: float) -> None:
    """Return once a child has ended, or so many seconds later; at once where nobody can say."""
    if sys.platform != "linux":
        return
    with suppress(OSError):  # an older kernel, a sandbox, or too many open files
        descriptor = os.pidfd_open(pid)
        try:
            waiting = select.poll()
            waiting.register(descriptor, select.POLLIN)
            waiting.poll(max(0.0, seconds) * 1000)
        finally:
            os.close(descriptor)
