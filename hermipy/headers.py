"""The ELF program header table as the rewriter changes it: one spare entry becomes the segment that holds the stubs.

LIEF's own way of adding a segment broke 7 of 11 objects here, and moving the table breaks what finds it through AT_PHDR.
So the table stays where it is and as long as it is. Layout: elf(5), Elf64_Ehdr and Elf64_Phdr.
"""

from __future__ import annotations

import struct
from dataclasses import astuple, dataclass

PT_LOAD, PT_NOTE = 1, 4
PF_X, PF_W, PF_R = 1, 2, 4
_EHDR_PHOFF = 32
_EHDR_PHNUM = 56
_PHDR = struct.Struct("<IIQQQQQQ")
_GNU_PROPERTY_TYPE_0 = 5
_PAGE = 4096


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
    entries = (ProgramHeader(*_PHDR.unpack_from(data, offset + i * _PHDR.size)) for i in range(count))
    return Table(offset, tuple(entries))


def room_for_stubs(data: bytes, table: Table) -> tuple[int, int]:
    """(address, file offset) behind everything that the file maps and holds, both page aligned."""
    loads = [entry for entry in table.entries if entry.type == PT_LOAD]
    end = max(entry.vaddr + entry.memory_size for entry in loads)
    align = max(_PAGE, *(entry.align for entry in loads))
    return _up(end, align), _up(len(data), _PAGE)


def with_segment(
    data: bytes, table: Table, spare: tuple[int, ...], segment: ProgramHeader
) -> Table | None:
    """The table with the least needed spare entry replaced by `segment`, last of the PT_LOADs; None: none is spare."""
    victim = _spare_index(data, table, spare)
    if victim is None:
        return None
    kept = [entry for i, entry in enumerate(table.entries) if i != victim]
    last = max(i for i, entry in enumerate(kept) if entry.type == PT_LOAD)
    return Table(table.offset, (*kept[: last + 1], segment, *kept[last + 1 :]))


def load_segment(address: int, offset: int, size: int) -> ProgramHeader:
    """A readable, executable PT_LOAD."""
    return ProgramHeader(PT_LOAD, PF_R | PF_X, offset, address, address, size, size, _PAGE)


def _spare_index(data: bytes, table: Table, spare: tuple[int, ...]) -> int | None:
    for wanted in spare:
        for i in reversed(range(len(table.entries))):
            entry = table.entries[i]
            if entry.type == wanted and not _holds_property(data, entry):
                return i
    return None


def _holds_property(data: bytes, entry: ProgramHeader) -> bool:
    """Whether a PT_NOTE holds NT_GNU_PROPERTY_TYPE_0 first: it says that the code has BTI landing pads."""
    if entry.type != PT_NOTE or entry.file_size < 12:
        return False
    _, _, kind = struct.unpack_from("<III", data, entry.offset)
    return bool(kind == _GNU_PROPERTY_TYPE_0)


def _up(value: int, align: int) -> int:
    return -(-value // align) * align
