"""The dynamic symbol table with versions: what an object offers to others and takes from them.

What is odd: a version is the name of another table's entry (DT_VERDEF, DT_VERNEED) behind an index
beside the symbol (DT_VERSYM). Index 0 is local, 1 without a version; the top bit hides a definition
from references that name no version. Source: "ELF Symbol Versioning" (Drepper), LSB 5.0, 10.7.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hermipy import elf as reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.elf import Elf

_DT_VERSYM, _DT_VERDEF, _DT_VERNEED = 0x6FFF_FFF0, 0x6FFF_FFFC, 0x6FFF_FFFE
_HIDDEN, _INDEX = 0x8000, 0x7FFF
_VERDEF = struct.Struct("<HHHHIII")  # version, flags, index, count, hash, aux, next
_VERDAUX = struct.Struct("<II")  # name, next
_VERNEED = struct.Struct("<HHIII")  # version, count, file, aux, next
_VERNAUX = struct.Struct("<IHHII")  # hash, flags, index, name, next
_MOST = 4096  # entries; a damaged table may lead in a circle
_LOCAL = 0


@dataclass(frozen=True, slots=True)
class Dynamic:
    """One entry of .dynsym. Its place in the table is what relocations name."""

    name: str
    version: str
    """Empty: none."""
    is_default: bool
    """A reference that names no version may mean it."""
    address: int
    size: int
    kind: int
    """STT_*."""
    is_defined: bool


def symbols(elf: Elf) -> list[Dynamic]:
    """The dynamic symbols in the table's order; empty for a static program."""
    raw, strings = next(((t, s) for t, s, exported in elf.symbol_tables if exported), (b"", b""))
    rows = np.frombuffer(raw, dtype=reader.SYMBOL, count=len(raw) // reader.SYMBOL.itemsize)
    indices = _version_indices(elf, len(rows))
    versions = dict(_defined(elf, strings)) | dict(_needed(elf, strings))
    columns = (rows[name].tolist() for name in ("name", "value", "size", "info", "shndx"))
    return [
        Dynamic(
            name=reader.string(strings, name),
            version=versions.get(index & _INDEX, ""),
            is_default=not index & _HIDDEN,
            address=value,
            size=size,
            kind=info & 15,
            is_defined=section != 0 and info >> 4 != _LOCAL,
        )
        for index, name, value, size, info, section in zip(indices, *columns, strict=True)
    ]


def _version_indices(elf: Elf, count: int) -> list[int]:
    at = elf.dynamic_value(_DT_VERSYM)
    raw = elf.read(at, 2 * count) if at else b""
    found: list[int] = np.frombuffer(raw, dtype="<u2", count=len(raw) // 2).tolist()
    return found + [1] * (count - len(found))


def _defined(elf: Elf, strings: bytes) -> Iterator[tuple[int, str]]:
    """(index, name) of the versions that the object defines; its own name (index 1) is none."""
    at = elf.dynamic_value(_DT_VERDEF)
    for _ in range(_MOST if at else 0):
        fields = _unpack(elf, _VERDEF, at or 0)
        if fields is None:
            return
        _, flags, index, _, _, aux, following = fields
        name = _unpack(elf, _VERDAUX, (at or 0) + aux)
        if name is not None and not flags & 1:
            yield index & _INDEX, reader.string(strings, name[0])
        if not following:
            return
        at = (at or 0) + following


def _needed(elf: Elf, strings: bytes) -> Iterator[tuple[int, str]]:
    """(index, name) of the versions that the object wants."""
    at = elf.dynamic_value(_DT_VERNEED)
    for _ in range(_MOST if at else 0):
        fields = _unpack(elf, _VERNEED, at or 0)
        if fields is None:
            return
        _, count, _, aux, following = fields
        entry = (at or 0) + aux
        for _ in range(count):
            wanted = _unpack(elf, _VERNAUX, entry)
            if wanted is None:
                break
            yield wanted[2] & _INDEX, reader.string(strings, wanted[3])
            entry += wanted[4]
        if not following:
            return
        at = (at or 0) + following


def _unpack(elf: Elf, form: struct.Struct, at: int) -> tuple[int, ...] | None:
    raw = elf.read(at, form.size)
    return form.unpack(raw) if len(raw) == form.size else None
