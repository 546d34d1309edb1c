"""The nodes of one file, and which of them an address means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hermipy import elf as reader

if TYPE_CHECKING:
    import numpy.typing as npt

    from hermipy.analysis import Analysis
    from hermipy.reach.words import Words

    Integers = npt.NDArray[np.int64]

_NOWHERE = 1 << 62


class Nodes:
    """Numbered as `Facts` has them. Where an array is asked for, -1 stands for no node."""

    def __init__(self, analysis: Analysis, built: Integers, words: Words) -> None:
        """`built` are the addresses that code builds."""
        self._analysis = analysis
        self.functions = analysis.functions
        self.cells = np.unique(words.place)
        self._starts = self._region_starts(built, words)
        # Only a region with pointers in it leads anywhere.
        used = np.unique(np.searchsorted(self._starts, self.cells, side="right") - 1)
        self._number = np.full(len(self._starts) + 1, -1, dtype=np.int64)
        self._number[used] = np.arange(len(used))
        self.regions = self._starts[used]
        self.region_ends = np.append(self._starts, _NOWHERE)[used + 1]
        self.first_region = len(self.functions)
        self.first_cell = self.first_region + len(self.regions)
        self.first_symbol = self.first_cell + len(self.cells)

    def _region_starts(self, built: Integers, words: Words) -> Integers:
        elf = self._analysis.elf
        bounds = [
            (symbol.address, symbol.address + symbol.size)
            for symbol in elf.symbols
            if symbol.size and symbol.kind == reader.STT_OBJECT
        ]
        sections = [s.address for s in elf.sections if s.flags & reader.SHF_ALLOC]
        edges = np.array([at for pair in bounds for at in pair] + sections, dtype=np.int64)
        # Of a program with fixed addresses any number may look like one: no start of an object.
        named = words.target[(words.symbol == 0) & elf.position_independent]
        starts = np.unique(np.concatenate([built, named, edges]))
        starts = starts[~self.in_code(starts)]
        inside = np.zeros(len(starts), dtype=bool)
        for start, end in bounds:
            low, high = np.searchsorted(starts, [start + 1, end])
            inside[low:high] = True
        return starts[~inside]

    def in_code(self, address: Integers) -> npt.NDArray[np.bool_]:
        """Which addresses are code's."""
        inside = np.zeros(len(address), dtype=bool)
        for code in self._analysis.ranges:
            inside |= (address >= code.address) & (address < code.end)
        return inside

    def functions_at(self, address: Integers) -> Integers:
        """The functions that hold addresses; -1 where there is none."""
        return np.searchsorted(self.functions, address, side="right") - 1

    def regions_at(self, address: Integers) -> Integers:
        """The regions that hold addresses; -1 for one that leads nowhere."""
        which = np.searchsorted(self._starts, address, side="right") - 1
        number = self._number[which]
        found = (which >= 0) & (number >= 0) & ~self.in_code(address)
        return np.where(found, number + self.first_region, -1)

    def cells_at(self, address: Integers) -> Integers:
        """The words at addresses; -1 where a relocation fills none."""
        at = np.searchsorted(self.cells, address)
        found = np.append(self.cells, -1)[at] == address
        return np.where(found, at + self.first_cell, -1)

    def at(self, address: Integers) -> Integers:
        """The functions or regions at addresses."""
        in_code = self.in_code(address)
        return np.where(in_code, self.functions_at(address), self.regions_at(address))
