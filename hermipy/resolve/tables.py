"""Jump tables: where the indirect jumps of a function may lead.

What is odd: nothing says where a table ends or that a table is one. A table's address is built near
the jump, the last load before the jump tells the width of its entries, and entries are read as long
as they lead to instructions of the same function. Reading on into the next table only adds ways,
and a way too many can leave a site unresolved but never gives it a wrong number. A table that is
not found (its address is built far away) leaves its targets without a way in, and the search says
so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hermipy.arch.base import Add, Indexed, Load, PcRelative
from hermipy.resolve import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.analysis import Analysis

_BEFORE = 24
_ENTRIES = 1024
_WORD, _POINTER = 4, 8


class Tables:
    """The jump tables of one file, read function by function."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self._of_function: dict[int, dict[int, list[int]]] = {}

    def jumps_to(self, address: int) -> list[int]:
        """Return the indirect jumps of the same function that a table leads from to an address."""
        function = self.analysis.function_of(address)
        if function is None:
            return []
        if function not in self._of_function:
            self._of_function[function] = self._read(function)
        return self._of_function[function].get(address, [])

    def _read(self, function: int) -> dict[int, list[int]]:
        """Return target -> jumps for one function."""
        analysis = self.analysis
        code = range(function, analysis.end_of(function))
        found: dict[int, list[int]] = {}
        low, high = np.searchsorted(analysis.indirect_jumps, [code.start, code.stop])
        for jump in analysis.indirect_jumps[low:high].tolist():
            for target in set(self._targets(jump, code)):
                found.setdefault(target, []).append(jump)
        return found

    def _targets(self, jump: int, code: range) -> Iterator[int]:
        """Yield where a jump may lead by the tables whose addresses are built before it."""
        window = self._window(jump)
        width, signed = self._entry(window)
        if not width:
            return
        built = dict(self._addresses(window))
        labels = [at for at in built.values() if at in code]
        for table in built.values():
            if width < _WORD:
                for label in labels:
                    yield from self._entries(table, label, (width, signed), code)
            elif width == _WORD:
                yield from self._entries(table, table, (width, True), code)
            else:
                yield from self._entries(table, 0, (width, False), code)

    def _window(self, jump: int) -> list[int]:
        window: list[int] = []
        at: int | None = jump
        while at is not None and len(window) < _BEFORE:
            window.append(at)
            at = self.analysis.before(at)
        return window[::-1]

    def _entry(self, window: list[int]) -> tuple[int, bool]:
        """Return width and sign of the last load before the jump; 0: there is none."""
        for at in reversed(window):
            insn = self.analysis.insn(at)
            for _, value in insn.defs if insn else ():
                if isinstance(value, Load | Indexed):
                    return value.size, value.signed
        return 0, False

    def _addresses(self, window: list[int]) -> Iterator[tuple[int, int]]:
        """Yield (instruction, address) for every address that is complete in a register."""
        known: dict[int, int] = {}
        for at in window:
            insn = self.analysis.insn(at)
            if insn is None:
                continue
            pointers.follow(insn, at, known)
            for dest, value in insn.defs:
                complete = isinstance(value, Add) or (
                    isinstance(value, PcRelative) and value.page == 1
                )
                if dest in known and complete:
                    yield at, known[dest]

    def _entries(self, table: int, base: int, form: tuple[int, bool], code: range) -> Iterator[int]:
        width, signed = form
        scale = 1 if width >= _WORD else self.analysis.arch.alignment
        for number in range(_ENTRIES):
            place = table + number * width
            raw = self.analysis.elf.read(place, width)
            value = int.from_bytes(raw, "little", signed=signed)
            if width == _POINTER:
                value = self.analysis.elf.relocation_at(place) or value
            target = base + value * scale
            if len(raw) < width or target not in code or not self.analysis.is_start(target):
                return
            yield target
