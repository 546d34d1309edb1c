"""The whole program's graph, and what its roots reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order

from hermipy.reach.facts import How

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy.typing as npt

    from hermipy.dynamic import Dynamic
    from hermipy.reach.facts import Facts

    Integers = npt.NDArray[np.int64]

_TLS = 6


NUMBERS = 1024  # of syscalls; -1, a number that could be any, counts as the last


class Graph:
    """The graphs of a program's objects, in the order in which ld.so searches them, bound.

    Behind the objects' nodes come those of the syscalls, then one that leads to all roots.
    """

    def __init__(self, objects: Sequence[Facts]) -> None:
        self.objects = objects
        self.first: list[int] = np.cumsum([0, *(facts.nodes for facts in objects)]).tolist()
        self.first_number = self.first[-1]
        self.root = self.first_number + NUMBERS
        parts = [
            np.stack([f.source + at, f.target + at, f.at, f.how])
            for f, at in zip(objects, self.first, strict=False)
        ]
        made = [
            (made.function + at, self.number_node(made.number), made.origin, How.MAKE)
            for facts, at in zip(objects, self.first, strict=False)
            for made in facts.made
        ]
        self.edges = np.concatenate([*parts, _columns(made), _columns(self._bound())], axis=1)

    def number_node(self, number: int) -> int:
        """The node of a syscall."""
        return int(self.first_number + number % NUMBERS)

    def _bound(self) -> Iterator[tuple[int, int, int, int]]:
        """Edges from symbols to their definitions."""
        offered: dict[str, list[tuple[int, Dynamic]]] = {}
        for which, facts in enumerate(self.objects):
            for symbol in facts.symbols:
                if symbol.is_defined and symbol.name:
                    offered.setdefault(symbol.name, []).append((which, symbol))
        for which, facts in enumerate(self.objects):
            wanted = np.unique(facts.target[facts.target >= facts.first_symbol])
            for node in wanted.tolist():
                symbol = facts.symbols[node - facts.first_symbol]
                found = _definition(symbol, offered.get(symbol.name, []))
                if found is None or symbol.kind == _TLS:
                    continue
                target = self.objects[found[0]].node_at(found[1].address)
                if target >= 0:
                    yield self.first[which] + node, self.first[found[0]] + target, 0, How.BIND

    def reached(self, roots: Sequence[int], edges: Integers) -> tuple[Integers, Integers]:
        """Breadth first: the nodes that roots reach, and for every node the one before it."""
        source = np.concatenate([edges[0], np.full(len(roots), self.root)])
        target = np.concatenate([edges[1], np.array(roots, dtype=np.int64)])
        size = self.root + 1
        ones = np.ones(len(source), dtype=np.int8)
        order, before = breadth_first_order(
            csr_array((ones, (source, target)), shape=(size, size)), self.root
        )
        return order, before


def _columns(rows: Iterable[tuple[int, int, int, int]]) -> Integers:
    return np.array(list(rows), dtype=np.int64).reshape(-1, 4).T


def _definition(symbol: Dynamic, offered: list[tuple[int, Dynamic]]) -> tuple[int, Dynamic] | None:
    """The definition that ld.so binds a reference to: the first of its version, in search order.

    A reference without a version takes the default one; an object without versions has only that.
    """
    if symbol.version:
        exact = [pair for pair in offered if pair[1].version in (symbol.version, "")]
    else:
        exact = [pair for pair in offered if pair[1].is_default]
    return next(iter(exact or offered), None)
