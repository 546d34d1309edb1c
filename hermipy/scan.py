"""The scanner: every syscall instruction of a file, and what each can ask for.

What is odd: the instruction's bytes also occur in data, and on RISC-V inside other instructions; only where an instruction
starts in code do they make a site (analysis.py finds the starts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hermipy import elf as reader
from hermipy import resolve
from hermipy.analysis import analyse
from hermipy.model import Scan, Site

if TYPE_CHECKING:
    from pathlib import Path

    from hermipy.elf import Elf


def sites(elf: Elf) -> tuple[Site, ...]:
    """Return every site of a file, by address."""
    analysis = analyse(elf)
    found = []
    for address in analysis.sites.tolist():
        offset = elf.offset_of(address)
        if offset is not None:
            found.append(Site(address, offset, analysis.function_of(address)))
    return tuple(sorted(found, key=lambda site: site.address))


def scan(elf: Elf) -> Scan:
    """Return the sites of a file with their numbers."""
    return Scan(elf.path, elf.arch, resolve.calls(elf, sites(elf)))


def scan_file(path: str | Path) -> Scan:
    """Read and scan a file. Raises BadFileError and InputError."""
    return scan(reader.read(path))
