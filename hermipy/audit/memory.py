"""How much memory the workers of one machine take together.

Most programs need a tenth of what the largest do, and an audit meets those side by side: a package
comes for both architectures. So whoever grows large waits for its turn; the others work on.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import cache

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

# What a process keeps of what it has seen adds up; beyond this it makes way for a new one.
GROWN_BYTES = 300 << 20
LARGE_BYTES = 450 << 20
MOST_BYTES = 4 << 30
_LOOK_EVERY_S = 0.1
_PAGE_BYTES = resource.getpagesize()
_RESIDENT = 1  # proc_pid_statm(5)
_LIBC = ctypes.CDLL(None)


def limit() -> None:
    """A MemoryError is a row; who waits for the kernel's OOM killer loses the machine."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = MOST_BYTES if hard == resource.RLIM_INFINITY else min(MOST_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def resident_bytes() -> int:
    """What this process has in memory now; getrusage's peak is in part that of its parent."""
    return int(Path("/proc/self/statm").read_text().split()[_RESIDENT]) * _PAGE_BYTES


def has_grown() -> bool:
    """Whether this process keeps so much that a new one should take its place."""
    with contextlib.suppress(AttributeError):  # not glibc
        _LIBC.malloc_trim(0)  # what was freed between two blocks that are in use
    return resident_bytes() > GROWN_BYTES


@contextlib.contextmanager
def turn(large_bytes: int = LARGE_BYTES) -> Iterator[None]:
    """While this lasts, the process waits when it grows large and another one is."""
    # A cache may be shared by machines, memory is not.
    path = cache.folder("audit") / f".large.{os.uname().nodename}"
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def look(_number: int, _frame: FrameType | None) -> None:
        """Python calls this between two instructions: the work stops while it waits."""
        if resident_bytes() > large_bytes:
            signal.setitimer(signal.ITIMER_REAL, 0)
            fcntl.flock(lock, fcntl.LOCK_EX)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_EVERY_S, _LOOK_EVERY_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.close(lock)
