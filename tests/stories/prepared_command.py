"""The `pack` of `prepared.py`: another process does what this one was started for."""

import json
import os
import signal
import socket
import sys

# What comes before there is a process to hand it on to waits until there is one.
CAUGHT = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
signal.pthread_sigmask(signal.SIG_BLOCK, CAUGHT)


def hand_on(number: int, _: object) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return  # it has ended since


asked = {
    "words": sys.argv[1:],
    "program": None,
    "cwd": os.getcwd(),  # noqa: PTH109 - it starts faster without
    "env": dict(os.environ),
    "session": True,
    "terminal": False,
}
message = json.dumps(asked).encode()
channel = socket.socket(socket.AF_UNIX)
channel.connect(os.path.join(os.path.dirname(sys.argv[0]), "door"))  # noqa: PTH118, PTH120
socket.send_fds(channel, [b"%d\n" % len(message)], [0, 1, 2])
channel.sendall(message)
told = channel.makefile("rb")
process = int(told.readline())
for number in CAUGHT:
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, hand_on)
signal.pthread_sigmask(signal.SIG_UNBLOCK, CAUGHT)
# Whoever reads them waits for the last that could still write.
for stream in range(3):
    os.close(stream)
status = int(told.readline())
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
os._exit(status)
