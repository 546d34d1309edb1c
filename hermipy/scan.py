"""The scanner: every syscall instruction of a file, and what each can ask for.

What is odd: the instruction's bytes also occur in data, and on RISC-V inside other instructions;
only where an instruction starts in code do they make a site (analysis.py finds the starts).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from hermipy import elf as reader
from hermipy import headers, resolve
from hermipy.analysis import analyse
from hermipy.errors import BadFileError
from hermipy.functions import known_ranges, undescribed_segments
from hermipy.model import Scan, Site

if TYPE_CHECKING:
    from pathlib import Path

    from hermipy.elf import Elf, Segment

_NUMBERS = 512  # every syscall number of the generic ABI is below


def sites(elf: Elf) -> tuple[Site, ...]:
    """Return every site of a file, by address."""
    analysis = analyse(elf)
    found = []
    for address in analysis.sites.tolist():
        offset = elf.offset_of(address)
        if offset is not None:
            found.append(Site(address, offset, analysis.function_of(address)))
    segments = undescribed_segments(elf)
    if segments:
        found = _without_data(elf, found, segments)
    return tuple(sorted(found, key=lambda site: site.address))


def _without_data(elf: Elf, candidates: list[Site], segments: list[Segment]) -> list[Site]:
    """Return the candidates that are code beyond doubt.

    In segments of which the file does not say where their code is.

    Either a table calls the place a function, or control reaches it from the entry point, or a
    number that exists reaches it. What remains is read-only data in an executable segment, and a
    jump written there would damage it; a site that is missed still works as a trap.
    """
    analysis = analyse(elf)
    known = sorted(known_ranges(elf, analysis.witnesses))
    starts = [start for start, _ in known]

    def is_known(address: int) -> bool:
        if not any(s.address <= address < s.address + s.file_size for s in segments):
            return True
        at = bisect_right(starts, address) - 1
        return at >= 0 and address < sum(known[at])

    sure = {site for site in candidates if is_known(site.address)}
    reached = analysis.reachable(elf.entry) if len(sure) < len(candidates) else set()
    sure |= {site for site in candidates if site.address in reached}
    doubtful = [site for site in candidates if site not in sure]
    for call in resolve.calls(elf, doubtful):
        if call.numbers and max(call.numbers) < _NUMBERS:
            sure.add(call.site)
    return [site for site in candidates if site in sure]


def scan(elf: Elf) -> Scan:
    """Return the sites of a file with their numbers; raises BadFileError for a rewritten file."""
    refuse_rewritten(elf)
    return Scan(elf.path, elf.arch, resolve.calls(elf, sites(elf)))


def refuse_rewritten(elf: Elf) -> None:
    """Raise BadFileError for a file in which sites have become jumps: they cannot be seen."""
    if headers.is_marked(headers.read(elf.data)):
        raise BadFileError(elf.path, "is rewritten already: take the file that it was made from")


def scan_file(path: str | Path) -> Scan:
    """Read and scan a file. Raises BadFileError and InputError."""
    return scan(reader.read(path))
