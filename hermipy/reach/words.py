"""The words of a file's data that hold an address when the program runs.

Relocations name them, but for a program that is linked to fixed addresses: there every aligned word
counts that could be the address of an instruction or of data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from hermipy.analysis import Analysis
    from hermipy.dynamic import Dynamic
    from hermipy.elf import Elf

    Integers = npt.NDArray[np.int64]

_WORD = 8


@dataclass(frozen=True, eq=False)
class Words:
    """Words of data that hold an address: parallel arrays."""

    place: Integers
    target: Integers
    """The address, when `symbol` is 0."""
    symbol: Integers
    """Its place in the dynamic symbol table."""


def words(elf: Elf, analysis: Analysis, symbols: list[Dynamic]) -> Words:
    """All such words of a file, with its dynamic symbols."""
    rows = elf.relocations
    rows = rows[~np.isin(rows["info"] & 0xFFFF_FFFF, analysis.arch.tls_relocations)]
    symbol = (rows["info"] >> 32).astype(np.int64)
    # A symbol of the file that ld.so does not look up stands for its address.
    usable = symbol < len(symbols)
    relr = np.array(elf.relr_words, dtype=np.int64).reshape(-1, 2)
    place = np.concatenate([rows["offset"].astype(np.int64)[usable], relr[:, 0]])
    target = np.concatenate([rows["addend"].astype(np.int64)[usable], relr[:, 1]])
    symbol = np.concatenate([symbol[usable], np.zeros(len(relr), dtype=np.int64)])
    if not elf.position_independent:
        more = _absolute_words(elf, analysis)
        place, target = np.concatenate([place, more[:, 0]]), np.concatenate([target, more[:, 1]])
        symbol = np.concatenate([symbol, np.zeros(len(more), dtype=np.int64)])
    return Words(place, target, symbol)


def _absolute_words(elf: Elf, analysis: Analysis) -> Integers:
    """(place, address) of all aligned words that look like the address of code or of data."""
    found = [np.empty((0, 2), dtype=np.int64)]
    low, high = elf.loads[0].address, elf.loads[-1].address + elf.loads[-1].memory_size
    for load in elf.loads:
        skip = -load.address % _WORD
        raw = elf.read(load.address + skip, load.file_size)
        values = np.frombuffer(raw, dtype="<i8", count=len(raw) // _WORD)
        at = np.flatnonzero((values >= low) & (values < high))
        pairs = np.stack([load.address + skip + at * _WORD, values[at]], axis=1)
        found.append(pairs)
    pairs = np.concatenate(found)
    for code in analysis.ranges:
        place_in = (pairs[:, 0] >= code.address) & (pairs[:, 0] < code.end)
        target_in = (pairs[:, 1] >= code.address) & (pairs[:, 1] < code.end)
        start = np.isin(pairs[:, 1], analysis.starts)
        pairs = pairs[~place_in & (~target_in | start)]
    return pairs
