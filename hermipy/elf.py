"""The ELF reader: turns a file into one frozen `Elf`, or refuses it with one clear line.

It reads the tables itself instead of through LIEF or pyelftools: a reader that meets mutated files
must bound every count by the file's size before it looks at an entry, and a symbol costs pyelftools
20 microseconds where numpy takes a whole table at once (a Go program has 30,000). The headers are a
page of structs; layout and names: elf(5). What may lie about itself (section names, symbols,
relocations) is dropped when it does not fit the file; what the kernel's loader needs (headers,
segments) is refused.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hermipy import target
from hermipy.errors import BadFileError, InputError

if TYPE_CHECKING:
    import numpy.typing as npt

MAX_FILE_SIZE = 1 << 30
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_EH_FRAME = 1, 2, 3, 0x6474E550
PF_X, PF_W, PF_R = 1, 2, 4
SHT_PROGBITS, SHT_SYMTAB, SHT_RELA, SHT_NOBITS, SHT_DYNSYM = 1, 2, 4, 8, 11
SHF_ALLOC, SHF_EXECINSTR = 2, 4
STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_GNU_IFUNC = 0, 1, 2, 10
DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_RELASZ, DT_STRSZ = 1, 4, 5, 6, 7, 8, 10
DT_INIT, DT_FINI, DT_SONAME, DT_RPATH, DT_JMPREL, DT_PLTRELSZ, DT_RUNPATH = (
    12,
    13,
    14,
    15,
    23,
    2,
    29,
)
DT_RELRSZ, DT_RELR = 35, 36

_TABLES = (SHT_SYMTAB, SHT_RELA, SHT_DYNSYM)

_EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
_PHDR = struct.Struct("<IIQQQQQQ")
_SHDR = struct.Struct("<IIQQQQIIQQ")
_DYN = struct.Struct("<qQ")
SYMBOL = np.dtype(
    [
        ("name", "<u4"),
        ("info", "u1"),
        ("other", "u1"),
        ("shndx", "<u2"),
        ("value", "<u8"),
        ("size", "<u8"),
    ]
)
_RELA = np.dtype([("offset", "<u8"), ("info", "<u8"), ("addend", "<u8")])
_ET_DYN = 3
_TOP = 1 << 56  # RISC-V's Sv57 and AArch64's 52 bits leave no more to a program
_LONGEST_NAME = 4096  # bytes; a damaged string table has no ends


@dataclass(frozen=True, slots=True)
class Segment:
    """One program header (PT_*, PF_*). Sizes in bytes."""

    kind: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int
    align: int


@dataclass(frozen=True, slots=True)
class Section:
    """One section header (SHT_*, SHF_*).

    Its bytes may lie outside the file: `Elf.bytes_of` bounds them.
    """

    name: str
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """One defined symbol of .symtab or .dynsym (STT_*)."""

    name: str
    address: int
    size: int
    kind: int
    exported: bool
    """It stands in .dynsym: other objects can call it."""


@dataclass(frozen=True, eq=False)
class Elf:
    """A program or library for RISC-V 64 or AArch64. Addresses are as linked (load bias 0)."""

    path: str
    data: bytes
    arch: str
    position_independent: bool
    """ET_DYN: a PIE or a shared library."""
    entry: int
    segments: tuple[Segment, ...]
    sections: tuple[Section, ...]
    """Empty when the file has no section headers."""

    @cached_property
    def loads(self) -> tuple[Segment, ...]:
        """The PT_LOAD segments in address order."""
        return tuple(
            sorted((s for s in self.segments if s.kind == PT_LOAD), key=lambda s: s.address)
        )

    def offset_of(self, address: int) -> int | None:
        """File offset of a mapped address; None when no file byte lies there."""
        for load in self.loads:
            if load.address <= address < load.address + load.file_size:
                return load.offset + address - load.address
        return None

    def read(self, address: int, size: int) -> bytes:
        """The file's bytes at an address; fewer than `size` where the segment's file part ends."""
        for load in self.loads:
            if load.address <= address < load.address + load.file_size:
                start = load.offset + address - load.address
                return self.data[start : min(start + size, load.offset + load.file_size)]
        return b""

    def string_at(self, address: int) -> str:
        """The NUL-terminated string at an address; empty when there is none."""
        return string(self.read(address, _LONGEST_NAME), 0)

    def bytes_of(self, section: Section) -> bytes:
        """A section's bytes, as far as the file has them."""
        return (
            b""
            if section.kind == SHT_NOBITS
            else self.data[section.offset : section.offset + section.size]
        )

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        return next((s for s in self.sections if s.name == name), None)

    @cached_property
    def dynamic(self) -> tuple[tuple[int, int], ...]:
        """(tag, value) of PT_DYNAMIC up to DT_NULL."""
        segment = next((s for s in self.segments if s.kind == PT_DYNAMIC), None)
        if segment is None:
            return ()
        raw = self.data[segment.offset : segment.offset + segment.file_size]
        entries: list[tuple[int, int]] = []
        for tag, value in _DYN.iter_unpack(raw[: len(raw) // _DYN.size * _DYN.size]):
            if tag == 0:
                break
            entries.append((tag, value))
        return tuple(entries)

    def dynamic_value(self, tag: int) -> int | None:
        """The first value of a DT_* tag."""
        return next((value for key, value in self.dynamic if key == tag), None)

    def _dynamic_strings(self, tag: int) -> tuple[str, ...]:
        table = self.dynamic_value(DT_STRTAB)
        if table is None:
            return ()
        strings = self.read(table, self.dynamic_value(DT_STRSZ) or 0)
        return tuple(string(strings, value) for key, value in self.dynamic if key == tag)

    @cached_property
    def interpreter(self) -> str | None:
        """PT_INTERP's path."""
        segment = next((s for s in self.segments if s.kind == PT_INTERP), None)
        if segment is None:
            return None
        return string(self.data[segment.offset : segment.offset + segment.file_size], 0) or None

    @property
    def needed(self) -> tuple[str, ...]:
        """DT_NEEDED, in order."""
        return self._dynamic_strings(DT_NEEDED)

    @property
    def soname(self) -> str | None:
        """DT_SONAME."""
        return next(iter(self._dynamic_strings(DT_SONAME)), None)

    @property
    def rpath(self) -> tuple[str, ...]:
        """The directories of DT_RPATH, unexpanded."""
        return _directories(self._dynamic_strings(DT_RPATH))

    @property
    def runpath(self) -> tuple[str, ...]:
        """The directories of DT_RUNPATH, unexpanded."""
        return _directories(self._dynamic_strings(DT_RUNPATH))

    @cached_property
    def imports(self) -> frozenset[str]:
        """The dynamic symbols that ld.so looks up for this object.

        Undefined ones, and defined ones that it still reaches by name (a call through the PLT).
        """
        table, strings = next(
            (raw for *raw, exported in self.symbol_tables if exported), (b"", b"")
        )
        rows = _table(table, SYMBOL)
        wanted = rows["shndx"] == 0
        used = (self.relocations["info"] >> 32).astype(np.int64)
        wanted[used[used < len(rows)]] = True
        return frozenset(string(strings, name) for name in rows["name"][wanted].tolist() if name)

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The defined symbols of .symtab and .dynsym, mapping symbols ($x, $d) included."""
        return tuple(symbol for table in self.symbol_tables for symbol in _symbols(*table))

    @cached_property
    def symbol_tables(self) -> list[tuple[bytes, bytes, bool]]:
        """(symbols, their strings, whether it is the dynamic table)."""
        tables = [
            (self.bytes_of(s), self.bytes_of(self.sections[s.link]), s.kind == SHT_DYNSYM)
            for s in self.sections
            if s.kind in (SHT_SYMTAB, SHT_DYNSYM) and s.link < len(self.sections)
        ]
        if not any(exported for *_, exported in tables):
            tables.append((*self._dynamic_symbol_table(), True))
        return tables

    def _dynamic_symbol_table(self) -> tuple[bytes, bytes]:
        """(.dynsym, .dynstr) of a file without section headers.

        The count comes from DT_HASH, or from the gap.
        """
        symbols, strings = self.dynamic_value(DT_SYMTAB), self.dynamic_value(DT_STRTAB)
        if symbols is None or strings is None:
            return b"", b""
        hash_table = self.read(self.dynamic_value(DT_HASH) or 0, 8)
        if len(hash_table) == struct.calcsize("<II"):
            count = struct.unpack("<II", hash_table)[1]
        else:
            count = max(0, strings - symbols) // SYMBOL.itemsize
        table = self.read(symbols, min(count * SYMBOL.itemsize, len(self.data)))
        return table, self.read(strings, self.dynamic_value(DT_STRSZ) or 0)

    @cached_property
    def relocations(self) -> npt.NDArray[np.void]:
        """All RELA entries that the loader (or a static program's start-up code) applies."""
        raw = [
            self.bytes_of(s) for s in self.sections if s.kind == SHT_RELA and s.flags & SHF_ALLOC
        ]
        if not raw:
            tags = ((DT_RELA, DT_RELASZ), (DT_JMPREL, DT_PLTRELSZ))
            places = (
                (self.dynamic_value(at) or 0, self.dynamic_value(size) or 0) for at, size in tags
            )
            raw = [self.read(address, size) for address, size in places]
        return np.concatenate([np.empty(0, dtype=_RELA), *(_table(part, _RELA) for part in raw)])

    @cached_property
    def relocated_values(self) -> npt.NDArray[np.uint64]:
        """Every address that a relocation may store.

        All RELA addends, and the words that RELR points at.
        """
        addends = self.relocations["addend"]
        words = np.array([word for _, word in self.relr_words], dtype=np.uint64)
        return np.unique(np.concatenate([addends, words]))

    @cached_property
    def relr_words(self) -> tuple[tuple[int, int], ...]:
        """(address, value in the file) of every word that .relr.dyn names."""
        words = ((place, self.read(place, _WORD)) for place in self._relr_places())
        return tuple((at, int.from_bytes(raw, "little")) for at, raw in words if len(raw) == _WORD)

    def relocation_at(self, address: int) -> int | None:
        """Return the addend of the relocation that writes the word at an address."""
        rows = self.relocations[self.relocations["offset"] == address]
        return int(rows["addend"][0]) if len(rows) else None

    def relocations_to(self, value: int) -> list[int]:
        """Return the addresses of the words in which a relocation leaves this value.

        (plus the load bias).
        """
        rows = self.relocations[self.relocations["addend"] == value]
        found: list[int] = rows["offset"].tolist()
        return found + [place for place, word in self.relr_words if word == value]

    def _relr_places(self) -> list[int]:
        """The addresses in .relr.dyn.

        An even entry is one, an odd entry a bitmap of the 63 words that follow.
        """
        raw = self.read(self.dynamic_value(DT_RELR) or 0, self.dynamic_value(DT_RELRSZ) or 0)
        places: list[int] = []
        at = 0
        for entry in _table(raw, np.dtype("<u8")).tolist():
            if entry & 1 == 0:
                places.append(entry)
                at = entry + _WORD
                continue
            places += [at + bit * _WORD for bit in range(63) if entry >> (bit + 1) & 1]
            if len(places) > len(self.data) // _WORD:
                return []  # more words than the file has: damaged
            at += 63 * _WORD
        return places


_WORD = 8


def read(path: str | Path) -> Elf:
    """Reads and checks a file.

    Raises BadFileError (not an ELF file, not ours, damaged) or InputError (cannot be read).
    """
    path = Path(path)
    target.refuse_special(path)
    try:
        status = path.stat()
        if status.st_size > MAX_FILE_SIZE:
            raise BadFileError(
                path, f"{status.st_size} bytes are more than the 1 GiB that a program may have"
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError(path, error) from None
    return parse(str(path), data)


def parse(path: str, data: bytes) -> Elf:
    """Checks and reads a file's bytes; `path` is for messages. Raises BadFileError."""
    problem = target.header_problem(data[: _EHDR.size])
    if problem:
        raise BadFileError(path, problem)
    fields = _EHDR.unpack_from(data)
    (
        _,
        kind,
        machine,
        _,
        entry,
        ph_offset,
        sh_offset,
        _,
        _,
        ph_size,
        ph_count,
        sh_size,
        sh_count,
        names,
    ) = fields
    if ph_count == 0 or ph_size != _PHDR.size:
        raise BadFileError(path, "has no usable program headers: nothing in it can be loaded")
    if ph_offset + ph_count * _PHDR.size > len(data):
        raise BadFileError(path, "is truncated: its program headers lie beyond its end")
    segments = tuple(_segment(data, ph_offset + i * _PHDR.size) for i in range(ph_count))
    _check_segments(path, segments, len(data))
    sections: tuple[Section, ...] = ()
    if sh_offset and sh_count and sh_size == _SHDR.size:
        if sh_offset + sh_count * _SHDR.size > len(data):
            raise BadFileError(path, "is truncated: its section headers lie beyond its end")
        sections = _sections(data, sh_offset, sh_count, names)
        _check_sections(path, sections, len(data))
    return Elf(path, data, target.MACHINES[machine], kind == _ET_DYN, entry, segments, sections)


def _segment(data: bytes, at: int) -> Segment:
    kind, flags, offset, address, _, file_size, memory_size, align = _PHDR.unpack_from(data, at)
    return Segment(kind, flags, offset, address, file_size, memory_size, align)


def _check_segments(path: str, segments: tuple[Segment, ...], size: int) -> None:
    """The same demands as the kernel's loader: in the file, in the address space, no overlap."""
    loads = [s for s in segments if s.kind == PT_LOAD]
    if not loads:
        raise BadFileError(path, "has no segment to load (a file of debug symbols?)")
    for load in loads:
        if load.file_size and load.offset + load.file_size > size:
            raise BadFileError(
                path, f"is truncated: the segment at {load.address:#x} lies beyond its end"
            )
        if load.file_size > load.memory_size or load.address + load.memory_size > _TOP:
            raise BadFileError(
                path, f"is damaged: the segment at {load.address:#x} has impossible sizes"
            )
    ordered = sorted(loads, key=lambda s: s.address)
    for low, high in pairwise(ordered):
        if low.address + low.memory_size > high.address:
            raise BadFileError(path, f"is damaged: segments overlap at {high.address:#x}")


def _sections(data: bytes, at: int, count: int, names_index: int) -> tuple[Section, ...]:
    rows = [_SHDR.unpack_from(data, at + i * _SHDR.size) for i in range(count)]
    names = b""
    if names_index < count:
        _, _, _, _, offset, size, *_ = rows[names_index]
        names = data[offset : offset + size]
    return tuple(
        Section(string(names, name), kind, flags, address, offset, size, link)
        for name, kind, flags, address, offset, size, link, *_ in rows
    )


def _check_sections(path: str, sections: tuple[Section, ...], size: int) -> None:
    """Refuse tables and code that overlap.

    Mutated headers could make one file into many times its size.
    """
    read = [s for s in sections if s.kind in _TABLES or s.flags & SHF_EXECINSTR]
    total = sum(min(s.size, max(0, size - s.offset)) for s in read if s.kind != SHT_NOBITS)
    if total > size:
        raise BadFileError(path, "is damaged: its sections overlap")


def string(strings: bytes, at: int) -> str:
    """The NUL-terminated string at an offset of a string table; empty when it lies outside."""
    end = strings.find(b"\0", at, at + _LONGEST_NAME)
    return strings[at : end if end >= 0 else at + _LONGEST_NAME].decode("utf-8", "replace")


def _directories(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(directory for path in paths for directory in path.split(":") if directory)


def _table(raw: bytes, kind: np.dtype[Any]) -> npt.NDArray[Any]:
    """As many whole entries as the bytes hold."""
    return np.frombuffer(raw, dtype=kind, count=len(raw) // kind.itemsize)


def _symbols(raw: bytes, strings: bytes, exported: bool) -> list[Symbol]:  # noqa: FBT001 (a Symbol's own field)
    rows = _table(raw, SYMBOL)
    rows = rows[rows["shndx"] != 0]
    columns = (rows[name].tolist() for name in ("name", "value", "size", "info"))
    return [
        Symbol(string(strings, name), value, size, info & 15, exported)
        for name, value, size, info in zip(*columns, strict=True)
    ]
