"""The stages of one file that need libraries (scan, rewrite, verify), as the commands want them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hermipy import elf, liveness, rewrite, scan

if TYPE_CHECKING:
    from pathlib import Path

    from hermipy.model import Rewritten, Scan
    from hermipy.verify import Verified


@dataclass(frozen=True, slots=True)
class Analysed:
    """One file, what was found in it, and its rewritten form."""

    found: Scan
    rewritten: Rewritten
    size_bytes: int
    """Of the file as it was."""


def scan_file(path: Path) -> Scan:
    """Every site with the numbers that it can make."""
    return scan.scan_file(path)


def rewrite_file(path: Path) -> Analysed:
    """The file with each site turned into a jump, or left a trap for a reason."""
    found, original = read(path)
    return Analysed(found, rewrite.rewrite(original), len(original.data))


def verify_file(path: Path, rewritten: Path) -> Verified:
    """Raise UnsoundRewriteError unless `rewritten` is a sound rewrite of `path`; BadFileError."""
    from hermipy import verify  # noqa: PLC0415  it needs an emulator, which nothing else does

    data = elf.read(rewritten).data
    _, original = read(path)
    return verify.verify(original, data)


def read(path: Path) -> tuple[Scan, rewrite.Subject]:
    """What was found in a file, and the file as the rewriter wants it."""
    return subject(elf.read(path))


def subject(file: elf.Elf) -> tuple[Scan, rewrite.Subject]:
    """The same for a file that is read already."""
    found = scan.scan(file)
    dead = partial(liveness.dead_registers, file)
    return found, rewrite.Subject(file.data, found.arch, found.calls, dead)
