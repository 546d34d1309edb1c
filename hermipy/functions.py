"""Where functions start, from every table that says so.

Symbols, unwind entries, Go's function table.

What is odd: Debian's static programs are stripped, so .eh_frame is the best witness; musl and Go
have none. Go's table (.gopclntab) is found by its magic number when it has no section of its own (a
PIE with cgo keeps it in .data.rel.ro). Formats: LSB 5.0 "Exception Frames" (DWARF pointer encodings
10.5.1); Go src/debug/gosym/pclntab.go.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hermipy import elf as reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hermipy.elf import Elf, Section

_FUNCTION_KINDS = (reader.STT_FUNC, reader.STT_GNU_IFUNC)
_PC_RELATIVE = 0x10
_ENCODED = {0x0: "<Q", 0x3: "<I", 0x4: "<Q", 0xB: "<i", 0xC: "<q"}
_PCLNTAB_MAGICS = (b"\xf1\xff\xff\xff\0\0", b"\xf0\xff\xff\xff\0\0")  # Go 1.20, Go 1.18
_TEXT_FIELD = 24
_PCLNTAB_HEADER = struct.Struct("<6sBB8Q")


@dataclass(frozen=True, slots=True)
class CodeRange:
    """A stretch of instructions: its address and its bytes in the file."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + len(self.data)


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What the tables of a file say about functions. All arrays are sorted addresses."""

    starts: npt.NDArray[np.int64]
    """Function starts by symbol, unwind entry or Go's table."""
    exported: frozenset[int]
    """Those that another object can call."""
    unwind_ranges: tuple[tuple[int, int], ...]
    """(start, size) of every unwind entry."""
    go_text: range
    """The code that Go's compiler made; empty when Go's table is not there."""


def code_ranges(elf: Elf) -> tuple[CodeRange, ...]:
    """Return all code: executable sections, without what $d symbols mark as data.

    An executable segment in which no section lies is taken whole. It may hold read-only data as
    well (99 byte patterns that look like ecall in riscv64 libc), so scan.py doubts what it finds
    there.
    """
    flags = reader.SHF_ALLOC | reader.SHF_EXECINSTR
    sections = [
        s
        for s in elf.sections
        if s.flags & flags == flags and s.kind == reader.SHT_PROGBITS and _is_mapped(elf, s)
    ]
    ranges = [CodeRange(s.address, elf.bytes_of(s)) for s in sections]
    ranges += [
        CodeRange(load.address, elf.read(load.address, load.file_size))
        for load in undescribed_segments(elf)
    ]
    data = _data_ranges(elf)
    pieces = [piece for code in ranges for piece in (_without(code, data) if data else [code])]
    return tuple(sorted((p for p in pieces if p.data), key=lambda piece: piece.address))


def undescribed_segments(elf: Elf) -> list[reader.Segment]:
    """Return the executable segments in which no section lies."""
    starts = [
        s.address
        for s in elf.sections
        if s.flags & reader.SHF_ALLOC and s.size and s.kind != reader.SHT_NOBITS
        if _is_mapped(elf, s)
    ]
    return [
        load
        for load in elf.loads
        if load.flags & reader.PF_X
        and not any(load.address <= start < load.address + load.file_size for start in starts)
    ]


def _is_mapped(elf: Elf, section: Section) -> bool:
    """Return whether a section's header agrees with what is loaded."""
    last = section.address + section.size - 1
    mapped = (elf.offset_of(section.address), elf.offset_of(last))
    return mapped == (section.offset, section.offset + section.size - 1)


def known_ranges(elf: Elf, witnesses: Witnesses) -> list[tuple[int, int]]:
    """Return (start, size) of everything that a table of the file calls a function."""
    go = witnesses.go_text
    known = [*witnesses.unwind_ranges, (go.start, len(go))]
    known += [(s.address, s.size) for s in elf.symbols if s.kind in _FUNCTION_KINDS]
    return [(start, size) for start, size in known if size]


def _data_ranges(elf: Elf) -> list[tuple[int, int]]:
    """Return (start, end) of what mapping symbols call data; end is the next mapping symbol."""
    marks = sorted(
        (s.address, s.name[1])
        for s in elf.symbols
        if s.name[:1] == "$" and s.name[1:2] in "xd" and s.name[1:]
    )
    ends = [*(address for address, _ in marks), 1 << 64][1:]
    return [
        (at, end) for (at, kind), end in zip(marks, ends, strict=False) if kind == "d" and at < end
    ]


def _without(code: CodeRange, data: list[tuple[int, int]]) -> Iterator[CodeRange]:
    at = code.address
    for start, end in data:
        if start >= code.end or end <= at:
            continue
        yield CodeRange(at, code.data[at - code.address : max(start, at) - code.address])
        at = min(end, code.end)
    yield CodeRange(at, code.data[at - code.address :])


def witnesses(elf: Elf) -> Witnesses:
    """Collect every function start that the file's own tables name."""
    unwind = tuple(unwind_ranges(elf))
    go_starts = go_functions(elf)
    named = [s.address for s in elf.symbols if s.kind in _FUNCTION_KINDS]
    exported = frozenset(s.address for s in elf.symbols if s.exported and s.kind in _FUNCTION_KINDS)
    starts = [start for start, _ in unwind] + named + [elf.entry]
    starts += [value for tag, value in elf.dynamic if tag in (reader.DT_INIT, reader.DT_FINI)]
    usable = np.array([start for start in starts if 0 < start < 1 << 62], dtype=np.int64)
    go_text = range(int(go_starts[0]), int(go_starts[-1])) if len(go_starts) else range(0)
    return Witnesses(np.union1d(usable, go_starts), exported, unwind, go_text)


def unwind_ranges(elf: Elf) -> Iterator[tuple[int, int]]:
    """Yield (start, size) of every frame description entry of .eh_frame."""
    for cie, entry, address in _descriptions(elf):
        yield from _entry_range(entry, address, _pointer_encoding(cie))


def exception_tables(elf: Elf) -> Iterator[tuple[int, int]]:
    """Yield (function, its table of landing pads) of every entry that has one."""
    for cie, entry, address in _descriptions(elf):
        encoding, table_encoding = _pointer_encoding(cie), _pointer_encoding(cie, "L")
        form, table_form = (_ENCODED.get(one & 0xF) for one in (encoding, table_encoding))
        if min(encoding, table_encoding) < 0 or form is None or table_form is None:
            continue
        at = _skip_leb(entry, 2 * struct.calcsize(form))  # start, size, length of what follows
        for start, _ in _entry_range(entry, address, encoding):
            if at + struct.calcsize(table_form) <= len(entry):
                (table,) = struct.unpack_from(table_form, entry, at)
                if table:
                    yield start, table + (address + at if table_encoding & 0x70 else 0)


def _descriptions(elf: Elf) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield every frame description entry: its CIE, its bytes and their address."""
    found = _eh_frame(elf)
    if found is None:
        return
    address, data = found
    common: dict[int, bytes] = {}
    at = 0
    while at + 8 <= len(data):
        (length, cie_offset) = struct.unpack_from("<Ii", data, at)
        if length in (0, 0xFFFF_FFFF) or at + 4 + length > len(data):
            return
        entry = data[at + 8 : at + 4 + length]
        if cie_offset == 0:
            common[at] = entry
        elif at + 4 - cie_offset in common:
            yield common[at + 4 - cie_offset], entry, address + at + 8
        at += 4 + length


def _eh_frame(elf: Elf) -> tuple[int, bytes] | None:
    """Return address and bytes of .eh_frame, through its header when there are no sections."""
    section = elf.section(".eh_frame")
    if section is not None:
        return section.address, elf.bytes_of(section)
    header = next((s for s in elf.segments if s.kind == reader.PT_GNU_EH_FRAME), None)
    if header is None:
        return None
    raw = elf.read(header.address, 8)
    if len(raw) < 8 or raw[0] != 1 or raw[1] != 0x1B:  # noqa: PLR2004 (version, pcrel sdata4)
        return None
    address = header.address + 4 + struct.unpack_from("<i", raw, 4)[0]
    load = next((s for s in elf.loads if s.address <= address < s.address + s.file_size), None)
    return (address, elf.read(address, load.address + load.file_size - address)) if load else None


@lru_cache(maxsize=1024)
def _pointer_encoding(cie: bytes, wanted: str = "R") -> int:
    """Return how a CIE's entries write addresses (augmentation 'R'), or tables' addresses ('L').

    Unusual or, for tables, absent: -1.
    """
    absent = 0 if wanted == "R" else -1
    end = cie.find(b"\0", 1)
    if end < 0 or cie[1:2] != b"z":
        return absent if end == 1 else -1
    at = end + 1
    for _ in range(3):  # code alignment, data alignment, return register
        at = _skip_leb(cie, at)
    at = _skip_leb(cie, at)  # augmentation length
    for letter in cie[2:end].decode("latin1"):
        if letter == wanted:
            return cie[at] if at < len(cie) else -1
        if letter == "P":
            kind = cie[at] & 0xF if at < len(cie) else 0
            at += 1 + struct.calcsize(_ENCODED.get(kind, "<Q"))
        elif letter in "LR":
            at += 1
    return absent


def _skip_leb(data: bytes, at: int) -> int:
    while at < len(data) and data[at] & 0x80:
        at += 1
    return at + 1


def _entry_range(entry: bytes, address: int, encoding: int) -> Iterator[tuple[int, int]]:
    form = _ENCODED.get(encoding & 0xF)
    if encoding < 0 or encoding & 0x70 not in (0, _PC_RELATIVE) or form is None:
        return
    width = struct.calcsize(form)
    if len(entry) < 2 * width:
        return
    (start,) = struct.unpack_from(form, entry, 0)
    (size,) = struct.unpack_from(form, entry, width)
    start += address if encoding & 0x70 else 0
    if start > 0 and size > 0:
        yield start, size


def go_functions(elf: Elf) -> npt.NDArray[np.int64]:
    """Return the function starts of Go's table and the end of the last.

    Empty when the file is not Go's.
    """
    nothing = np.empty(0, dtype=np.int64)
    if elf.section(".go.buildinfo") is None and b"\xff Go buildinf:" not in elf.data:
        return nothing
    for magic in _PCLNTAB_MAGICS:
        at = elf.data.find(magic)
        while at >= 0:
            starts = _go_table(elf, at)
            if len(starts):
                return starts
            at = elf.data.find(magic, at + 1)
    return nothing


def _relocated_text(elf: Elf, offset: int) -> int:
    """Return what the loader writes at a file offset, else the start of .text."""
    load = next((s for s in elf.loads if s.offset <= offset < s.offset + s.file_size), None)
    written = elf.relocation_at(load.address + offset - load.offset) if load else None
    section = elf.section(".text")
    return written or (section.address if section else 0)


def _go_table(elf: Elf, at: int) -> npt.NDArray[np.int64]:
    """Read the table at a file offset; empty when it is something else."""
    nothing = np.empty(0, dtype=np.int64)
    if at + _PCLNTAB_HEADER.size > len(elf.data):
        return nothing
    _, quantum, word_size, count, _, text, *_, table = _PCLNTAB_HEADER.unpack_from(elf.data, at)
    if quantum not in (1, 2, 4) or word_size != 8 or not 0 < count < len(elf.data) // 8:  # noqa: PLR2004
        return nothing
    if text == 0:  # position independent: the loader writes it
        text = _relocated_text(elf, at + _TEXT_FIELD)
    raw = elf.data[at + table : at + table + count * 8 + 4]
    offsets = np.frombuffer(raw, dtype="<u4", count=len(raw) // 4)[::2].astype(
        np.int64
    )  # and the end
    if len(offsets) == 0 or offsets[0] != 0 or np.any(np.diff(offsets) < 0):
        return nothing
    return np.unique(offsets + text)
