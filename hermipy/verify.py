"""Check a rewritten file against its original, trusting nothing that the rewriter said.

1. Undo every change that is allowed (4 bytes at a site, the program header table, what is
   appended): the rest must be the original, bit for bit, and the table must differ by spare entries
   that became stub segments.
2. Every changed site must decode to a jump that DIRECT.md allows, into a stub of its own, and use
   up only registers that a fresh analysis of the original proves dead.
3. Every changed site runs in an emulator with random registers: only what may change has changed,
   memory outside the per-CPU page is not written, and the way back is site + 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy import headers
from hermipy.arch import direct
from hermipy.arch.probe import PERCPU_VA, VECTOR_VA, Probe
from hermipy.errors import UnsoundRewriteError
from hermipy.model import Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.arch.probe import Outcome
    from hermipy.model import Site
    from hermipy.rewrite import Subject

_PAGE = 4096
_PERCPU_SCRATCH0 = PERCPU_VA + 32
_INSTRUCTION = 4
_Segments = tuple[headers.ProgramHeader, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """How many sites go which way in a file that was found sound."""

    direct: int
    trap: int


@dataclass(frozen=True, slots=True)
class _Changed:
    """A site whose instruction was replaced."""

    site: Site
    word: bytes
    tier: Tier
    stub: int | None


def verify(subject: Subject, rewritten: bytes) -> Verified:
    """Raise UnsoundRewriteError with the first thing that is wrong, or count the sites."""
    segments = _check_headers(subject, rewritten)
    changed = list(_changed_sites(subject, rewritten))
    _check_bytes(subject, rewritten, changed)
    _check_stubs(subject, rewritten, changed, segments)
    _run(subject, rewritten, changed, segments)
    return Verified(direct=len(changed), trap=len(subject.calls) - len(changed))


def _check_headers(subject: Subject, rewritten: bytes) -> _Segments:
    """The stub segments' headers, in the order of their bytes."""
    if len(rewritten) < len(subject.data):
        raise UnsoundRewriteError("the file is shorter than the original")
    old, new = headers.read(subject.data), headers.read(rewritten)
    if headers.is_marked(new):
        new = headers.unmarked(new, old)
    added = [entry for entry in new.entries if entry not in old.entries]
    added.sort(key=lambda entry: entry.offset)
    rooms = headers.room_for_stubs(subject.data, old)
    expected, end = [], headers.end_of_file(subject.data)
    for entry in added:
        address = next((room.start for room in rooms if entry.vaddr == room.start), -1)
        expected.append(headers.load_segment(address, end, entry.file_size))
        end += -(-entry.file_size // _PAGE) * _PAGE
    spare = direct.BY_ARCH[subject.arch].spare_headers
    if added != expected or headers.with_segments(subject.data, old, spare, tuple(added)) != new:
        raise UnsoundRewriteError("the program headers are not the original's with stub segments")
    ends = [len(subject.data), *(entry.offset + entry.file_size for entry in added)]
    if ends[-1] != len(rewritten):
        raise UnsoundRewriteError("the file does not end with its stub segments")
    starts = [*(entry.offset for entry in added), len(rewritten)]
    if any(any(rewritten[end:start]) for end, start in zip(ends, starts, strict=True)):
        raise UnsoundRewriteError("there are bytes between the stub segments")
    return tuple(added)


def _changed_sites(subject: Subject, rewritten: bytes) -> Iterator[_Changed]:
    way = direct.BY_ARCH[subject.arch]
    for call in subject.calls:
        site = call.site
        word = rewritten[site.offset : site.offset + _INSTRUCTION]
        if word == way.trap:
            continue
        if way.in_place_registers(word) is not None:
            yield _Changed(site, word, Tier.VECTOR, None)
            continue
        target = way.jump_target(site.address, word)
        if target is None:
            raise UnsoundRewriteError(
                f"the word at {site.address:#x} is no jump of the direct path"
            )
        yield _Changed(site, word, Tier.STUB, target)


def _check_bytes(subject: Subject, rewritten: bytes, changed: list[_Changed]) -> None:
    undone = bytearray(rewritten[: len(subject.data)])
    for item in changed:
        undone[item.site.offset : item.site.offset + _INSTRUCTION] = direct.BY_ARCH[
            subject.arch
        ].trap
    table = headers.read(subject.data)
    undone[table.offset : table.offset + table.size_bytes] = table.encode()
    if changed and not headers.is_marked(headers.read(rewritten)):
        raise UnsoundRewriteError("it is not marked as rewritten")
    if undone != subject.data:
        pairs = zip(undone, subject.data, strict=True)
        where = next(i for i, (new, old) in enumerate(pairs) if new != old)
        raise UnsoundRewriteError(f"the byte at file offset {where:#x} changed and is no site")


def _check_stubs(
    subject: Subject, rewritten: bytes, changed: list[_Changed], segments: _Segments
) -> None:
    way = direct.BY_ARCH[subject.arch]
    seen: set[int] = set()
    for item in changed:
        where = f"the site at {item.site.address:#x}"
        used = way.in_place_registers(item.word) or way.stub_registers
        live = used - subject.dead(item.site)
        if live:
            names = ", ".join(sorted(live))
            raise UnsoundRewriteError(f"{where} uses up {names}, which may be live")
        if item.stub is None:
            continue
        offset = _file_offset(segments, item.stub)
        if offset is None:
            raise UnsoundRewriteError(f"{where} jumps outside the stub segments")
        if item.stub in seen:
            raise UnsoundRewriteError(f"two sites share the stub at {item.stub:#x}")
        seen.add(item.stub)
        code = rewritten[offset : offset + way.stub_size]
        if code != way.stub(item.site.address, item.stub):
            raise UnsoundRewriteError(f"the stub at {item.stub:#x} is not the one for its site")
    if sum(segment.file_size for segment in segments) != len(seen) * way.stub_size:
        raise UnsoundRewriteError("the stub segments hold more than their sites' stubs")


def _file_offset(segments: _Segments, address: int) -> int | None:
    for segment in segments:
        if segment.vaddr <= address < segment.vaddr + segment.file_size:
            return segment.offset + address - segment.vaddr
    return None


def _run(subject: Subject, rewritten: bytes, changed: list[_Changed], segments: _Segments) -> None:
    probe = Probe(subject.arch)
    for segment in segments:
        code = rewritten[segment.offset : segment.offset + segment.file_size]
        probe.load(segment.vaddr, code)
    for item in changed:
        probe.load(item.site.address, item.word)
        problem = _problem(item, probe.run(item.site.address))
        if problem:
            raise UnsoundRewriteError(f"the site at {item.site.address:#x}, emulated: {problem}")


def _problem(item: _Changed, outcome: Outcome) -> str:
    """What is wrong with where the site led and what it changed; empty: nothing."""
    before, changed = outcome.before, outcome.changed
    back = item.site.address + _INSTRUCTION
    if not VECTOR_VA <= outcome.pc < VECTOR_VA + _PAGE:
        return f"it leads to {outcome.pc:#x}, not to the vector page"
    if back not in (changed.get("t0"), changed.get("x17")):
        return "the way back is not the instruction after the site"
    switched = "sscratch" in changed
    if switched and (changed["sscratch"] != before["sp"] or changed.get("sp") != PERCPU_VA):
        return "the app's stack pointer is lost"
    allowed = {"t0", "x16", "x17"} | ({"sp", "sscratch"} if switched else set())
    stray = sorted(changed.keys() - allowed)
    if stray:
        return f"{', '.join(stray)} changed"
    expected_writes = {_PERCPU_SCRATCH0: before["t0"]} if switched else {}
    return "" if outcome.writes == expected_writes else "it writes to memory"
