"""The memory of a command and all that it starts, while it runs."""

from __future__ import annotations

import contextlib
import re
import threading
from pathlib import Path

_KILOBYTE = 1 << 10
_EVERY_S = 0.5
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


class Watch:
    """Samples the proportional set sizes of a process and its descendants until it is closed."""

    def __init__(self, pid: int) -> None:
        self.most_bytes = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def close(self) -> int:
        """The most that was seen, in bytes."""
        self._over.set()
        self._thread.join()
        return self.most_bytes

    def _sample(self) -> None:
        while not self._over.wait(_EVERY_S):
            sizes = sum(_proportional_bytes(pid) for pid in _family(self._pid))
            self.most_bytes = max(self.most_bytes, sizes)


def _family(pid: int) -> list[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _proportional_bytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        match = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
        return int(match[1]) * _KILOBYTE if match else 0
    return 0
