"""What one file tells the call graph: its nodes, the edges inside it, the numbers that it makes.

Nodes are functions, regions of data, words of data that a relocation fills, and dynamic symbols, in
this order. A region reaches from one address that code or data names to the next; a symbol with a
size is one region. Reading a known word leads to what lies there and nowhere else; an address in a
register leads to the whole region.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from hermipy import elf as reader

if TYPE_CHECKING:
    import numpy.typing as npt

    from hermipy.dynamic import Dynamic

    Integers = npt.NDArray[np.int64]

CODE_KINDS = (reader.STT_FUNC, reader.STT_GNU_IFUNC)
Passing = tuple[int, int | str | None]
"""A function's node, and a value of the argument that it passes; None: it could be any."""


class How(IntEnum):
    """Why one node leads to another."""

    CALL = 1
    JUMP = 2
    FALL = 3
    TAKE = 4
    READ = 5
    HOLD = 6
    BIND = 7
    UNWIND = 8
    MAKE = 9


@dataclass(frozen=True, slots=True)
class Made:
    """A number, and the function without which it is not made."""

    function: int
    number: int
    site: int
    origin: int


@dataclass(frozen=True, slots=True)
class Argument:
    """A value of the argument that decides what a call does (arguments.py)."""

    function: int
    """Without which it is not passed."""
    number: int
    value: int | None
    """None: it could be any, but for `via`."""
    via: str
    """The exported function to which it is passed; empty: none that is known."""


@dataclass(frozen=True, eq=False)
class Facts:
    """One file's part of the graph. Edges are parallel arrays of node numbers."""

    path: str
    arch: str
    functions: Integers
    regions: Integers
    region_ends: Integers
    cells: Integers
    code: tuple[tuple[int, int], ...]
    soname: str
    symbols: list[Dynamic]
    source: Integers
    target: Integers
    at: Integers
    """Where in the source: an instruction's or a word's address."""
    how: Integers
    roots: dict[str, tuple[int, ...]]
    """Nodes by why they are reached as soon as the file is loaded."""
    made: tuple[Made, ...]
    asks: tuple[str, ...]
    """What it looks up with dlsym(); of the loader, and where not all are constant: its text."""
    asks_constants: bool
    arguments: tuple[Argument, ...]
    passed: dict[str, tuple[Passing, ...]]
    """What its functions pass to those in passing.py."""

    @property
    def nodes(self) -> int:
        """How many there are."""
        return self.first_symbol + len(self.symbols)

    @property
    def first_symbol(self) -> int:
        """The node of the first dynamic symbol."""
        return len(self.functions) + len(self.regions) + len(self.cells)

    def address_of(self, node: int) -> int:
        """Where a node is; 0 for a symbol."""
        for column in (self.functions, self.regions, self.cells):
            if node < len(column):
                return int(column[node])
            node -= len(column)
        return 0

    def symbols_named(self, names: tuple[str, ...]) -> list[int]:
        """The places of symbols in the dynamic table."""
        return [index for index, symbol in enumerate(self.symbols) if symbol.name in names]

    @property
    def exported(self) -> dict[int, list[str]]:
        """The names of exported functions, by node."""
        found: dict[int, list[str]] = {}
        for symbol in self.symbols:
            if symbol.is_defined and symbol.kind in CODE_KINDS:
                found.setdefault(self.node_at(symbol.address), []).append(symbol.name)
        return found

    def node_at(self, address: int) -> int:
        """The function or region at an address; -1 when nothing there leads anywhere."""
        if any(start <= address < end for start, end in self.code):
            return int(np.searchsorted(self.functions, address, side="right")) - 1
        at = int(np.searchsorted(self.regions, address, side="right")) - 1
        if at < 0 or address >= self.region_ends[at]:
            return -1
        return len(self.functions) + at
