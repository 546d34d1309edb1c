"""programs.txt: the commands of `make conformance`."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("programs.txt")
UNREAD = {">/dev/null": "stdout", "2>/dev/null": "stderr"}
_MACHINE = {"riscv64": "riscv64", "aarch64": "arm64"}  # Debian's names


@dataclass(frozen=True, slots=True)
class Case:
    """A line of the list, for one architecture."""

    line: str
    arch: str
    target: str
    command: tuple[str, ...]
    stdin: str | None
    unread: tuple[str, ...]
    """What is not compared: of `UNREAD`."""

    @property
    def slug(self) -> str:
        """A file name for it."""
        return f"{self.arch}-{re.sub(r'[^a-zA-Z0-9_.]+', '-', self.line)[:60]}"


def lines() -> list[str]:
    """The list's commands, as they stand there."""
    listed = LIST.read_text().splitlines()
    return [line for line in listed if line.strip() and not line.startswith("#")]


def case(line: str, arch: str) -> Case:
    """What a line says."""
    named = line.replace("ARCH", _MACHINE[arch]).replace("TRIPLE", f"{arch}-linux-gnu")
    target, _, rest = named.partition(": ")
    words = shlex.split(rest)
    unread = tuple(word for word in words if word in UNREAD)
    words = [word for word in words if word not in UNREAD]
    stdin = words.pop() if len(words) > 1 and words[-2] == "<" else None
    return Case(line, arch, target, tuple(words[:-1] if stdin else words), stdin, unread)
