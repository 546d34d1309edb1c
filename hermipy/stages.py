"""The stages of one file that need libraries (scan, rewrite, verify), as the commands want them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy import rewrite, scan, verify
from hermipy.errors import InputError

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
    subject = _subject(path)
    return Analysed(scan.scan_file(path), rewrite.rewrite(subject), len(subject.data))


def verify_file(path: Path, rewritten: Path) -> Verified:
    """Raise UnsoundRewriteError unless `rewritten` is a sound rewrite of `path`."""
    return verify.verify(_subject(path), _read(rewritten))


def _subject(path: Path) -> rewrite.Subject:
    from hermipy import elf, liveness  # noqa: PLC0415

    found = scan.scan_file(path)
    dead = liveness.Liveness(elf.read(path)).dead
    return rewrite.Subject(_read(path), found.arch, found.calls, dead)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(path, error) from error
