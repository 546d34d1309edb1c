"""The ELF program header table as the rewriter changes it: spare entries become stub segments.

LIEF's own way of adding a segment broke 7 of 11 objects here, and moving the table breaks what
finds it through AT_PHDR. So the table stays where it is and as long as it is. Layout: elf(5),
Elf64_Ehdr and Elf64_Phdr.
"""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass, replace

PT_LOAD, PT_NOTE = 1, 4
PF_X, PF_W, PF_R = 1, 2, 4
# The first entry's physical address, which every loader ignores, says that a file was rewritten.
# (e_ident has unused bytes, but glibc's ld.so refuses a library in which they are not zero.)
_MARK = int.from_bytes(b"HERMIPY", "little")
_EHDR_PHOFF = 32
_EHDR_PHNUM = 56
_EHDR_TYPE = 16
_ET_EXEC = 2
_PHDR = struct.Struct("<IIQQQQQQ")
_NOTE = struct.Struct("<III")  # Elf64_Nhdr: sizes of name and contents, type
_GNU_PROPERTY_TYPE_0 = 5
_PAGE = 4096
_ADDRESS_END = 1 << 38


@dataclass(frozen=True, slots=True)
class ProgramHeader:
    """One Elf64_Phdr, in the file's field order."""

    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    file_size: int
    memory_size: int
    align: int


@dataclass(frozen=True, slots=True)
class Table:
    """The program header table and where it lies."""

    offset: int
    entries: tuple[ProgramHeader, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes that the table takes in the file."""
        return len(self.entries) * _PHDR.size

    def encode(self) -> bytes:
        """The table's bytes."""
        return b"".join(_PHDR.pack(*astuple(entry)) for entry in self.entries)


def read(data: bytes) -> Table:
    """The table of a file that the ELF reader has accepted."""
    (offset,) = struct.unpack_from("<Q", data, _EHDR_PHOFF)
    (count,) = struct.unpack_from("<H", data, _EHDR_PHNUM)
    entries = (
        ProgramHeader(*_PHDR.unpack_from(data, offset + i * _PHDR.size)) for i in range(count)
    )
    return Table(offset, tuple(entries))


def marked(table: Table) -> Table:
    """The table with the mark of a rewritten file."""
    first, *others = table.entries
    return Table(table.offset, (replace(first, paddr=_MARK), *others))


def unmarked(table: Table, original: Table) -> Table:
    """A marked table as it was before the mark: the original's entry, or a stub segment's."""
    first, *others = table.entries
    known = (entry for entry in original.entries if replace(entry, paddr=_MARK) == first)
    return Table(table.offset, (next(known, replace(first, paddr=first.vaddr)), *others))


def is_marked(table: Table) -> bool:
    """Whether the table is of a rewritten file."""
    return table.entries[0].paddr == _MARK


def room_for_stubs(data: bytes, table: Table) -> tuple[range, ...]:
    """Addresses where stub segments may lie, best first: behind everything mapped, then below it.

    Below a position-independent file there is nothing; below a fixed one there is a page, which
    Linux would not map below 64 KiB (vm.mmap_min_addr) and our kernel does.
    """
    loads = [entry for entry in table.entries if entry.type == PT_LOAD]
    end = max(entry.vaddr + entry.memory_size for entry in loads)
    align = max(_PAGE, *(entry.align for entry in loads))
    start = min(entry.vaddr for entry in loads) // _PAGE * _PAGE
    behind = range(_up(end, align), _ADDRESS_END)
    below = range(start - _PAGE, start)
    return (behind, below) if _is_fixed(data) and start > _PAGE else (behind,)


def end_of_file(data: bytes) -> int:
    """The file offset behind everything that the file holds, page aligned."""
    return _up(len(data), _PAGE)


def with_segments(
    data: bytes, table: Table, spare: tuple[int, ...], segments: tuple[ProgramHeader, ...]
) -> Table | None:
    """The table with its least needed spare entries replaced by the segments, by address (elf(5)).

    None: it has not that many spare entries.
    """
    victims = _spare_indices(data, table, spare)[: len(segments)]
    if len(victims) < len(segments):
        return None
    kept = [entry for i, entry in enumerate(table.entries) if i not in victims]
    for segment in segments:
        place = _place(kept, segment)
        kept = [*kept[:place], segment, *kept[place:]]
    return Table(table.offset, tuple(kept))


def load_segment(address: int, offset: int, size: int) -> ProgramHeader:
    """A readable, executable PT_LOAD."""
    return ProgramHeader(PT_LOAD, PF_R | PF_X, offset, address, address, size, size, _PAGE)


def _place(entries: list[ProgramHeader], segment: ProgramHeader) -> int:
    """The index where a PT_LOAD keeps the PT_LOADs in address order."""
    loads = [i for i, entry in enumerate(entries) if entry.type == PT_LOAD]
    above = [i for i in loads if entries[i].vaddr > segment.vaddr]
    return above[0] if above else loads[-1] + 1


def _spare_indices(data: bytes, table: Table, spare: tuple[int, ...]) -> list[int]:
    """Entries that a program does not need, the least needed first."""
    count = len(table.entries)
    return [
        i
        for wanted in spare
        for i in reversed(range(count))
        if table.entries[i].type == wanted and not _holds_property(data, table.entries[i])
    ]


def _is_fixed(data: bytes) -> bool:
    """ET_EXEC: linked at the addresses where it runs."""
    (kind,) = struct.unpack_from("<H", data, _EHDR_TYPE)
    return bool(kind == _ET_EXEC)


def _holds_property(data: bytes, entry: ProgramHeader) -> bool:
    """Whether a PT_NOTE starts with NT_GNU_PROPERTY_TYPE_0: the code has BTI landing pads."""
    note = data[entry.offset : entry.offset + min(entry.file_size, _NOTE.size)]
    if entry.type != PT_NOTE or len(note) < _NOTE.size:
        return False
    _, _, kind = _NOTE.unpack(note)
    return bool(kind == _GNU_PROPERTY_TYPE_0)


def _up(value: int, align: int) -> int:
    return -(-value // align) * align
