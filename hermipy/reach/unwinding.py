"""Where exceptions land: from a function to the landing pads that unwinding may enter.

What is odd: a landing pad in a function's cold part is entered by no jump. Formats: LSB 5.0, 10.6
(.eh_frame); the table of a function's call sites is "Itanium C++ ABI: Exception Handling", 7.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from hermipy import functions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.elf import Elf

_OMITTED, _RELATIVE, _INDIRECT = 0xFF, 0x70, 0x80
_FIXED = {0x0: "<Q", 0x2: "<H", 0x3: "<I", 0x4: "<Q", 0xA: "<h", 0xB: "<i", 0xC: "<q"}
_ULEB = 1
_MOST = 1 << 16  # bytes of one function's table


def landing_pads(elf: Elf) -> Iterator[tuple[int, int]]:
    """(function, landing pad) of every call site that has one."""
    for start, table in functions.exception_tables(elf):
        yield from ((start, pad) for pad in _pads(elf, start, table))


def _pads(elf: Elf, start: int, address: int) -> Iterator[int]:
    """The landing pads of one function's table at an address."""
    reader = Reader(elf.read(address, _MOST), address)
    try:
        encoding = reader.byte()
        base = start if encoding == _OMITTED else reader.pointer(encoding)
        if reader.byte() != _OMITTED:
            reader.uleb()  # where the types are
        encoding = reader.byte()
        end = reader.uleb() + reader.at
        while reader.at < end:
            reader.pointer(encoding)  # the call site
            reader.pointer(encoding)  # its length
            pad = reader.pointer(encoding)
            reader.uleb()  # the action
            if pad:
                yield base + pad
    except (struct.error, IndexError, KeyError):
        return  # damaged


class Reader:
    """Numbers of DWARF, one after the other; raises struct.error, IndexError or KeyError."""

    def __init__(self, data: bytes, address: int) -> None:
        self.at = 0
        self._data, self._address = data, address

    def byte(self) -> int:
        """One byte."""
        self.at += 1
        return self._data[self.at - 1]

    def uleb(self) -> int:
        """A number of seven bits a byte."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value

    def pointer(self, encoding: int) -> int:
        """An encoded pointer (LSB 5.0, 10.5.1), 0 as it is."""
        place = self._address + self.at
        if encoding & 0xF == _ULEB:
            value = self.uleb()
        else:
            form = _FIXED[encoding & 0xF]
            (value,) = struct.unpack_from(form, self._data, self.at)
            self.at += struct.calcsize(form)
        return value + place if value and encoding & _RELATIVE == 0x10 else value  # noqa: PLR2004 (pcrel)
