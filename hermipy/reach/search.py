"""What a program reaches: breadth first, and again while a gate opens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hermipy import table
from hermipy.reach.facts import How
from hermipy.reach.gates import GATES, Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from hermipy.reach.facts import Facts
    from hermipy.reach.graph import Graph

    Integers = npt.NDArray[np.int64]

_WRAPPER_CALLEES = 4  # errno, cancellation, the stack guard: what a function around one call calls
_CODE_EDGES = (How.CALL, How.JUMP, How.TAKE)


@dataclass(frozen=True, eq=False)
class Found:
    """What was reached; `before` has for every node the one before it, or a negative number."""

    graph: Graph
    nodes: frozenset[int]
    before: Integers
    edges: Integers
    roots: Mapping[int, str]
    assumed: tuple[str, ...]

    def edge(self, source: int, target: int) -> tuple[int, int]:
        """(at, how) of an edge between two nodes."""
        found = np.flatnonzero((self.edges[0] == source) & (self.edges[1] == target))
        at, how = self.edges[2:, found[0]].tolist()
        return at, how


@dataclass(frozen=True, eq=False)
class _Door:
    """A gate of one object with the edges that it shuts."""

    gate: Gate
    which: int
    shut: Integers
    """Indices into the graph's edges."""


def search(graph: Graph, roots: Mapping[int, str]) -> Found:
    """All that the roots reach, with as many gates shut as may be; roots say why they are."""
    doors = [
        _Door(gate, which, np.array(shut, dtype=np.int64))
        for which, facts in enumerate(graph.objects)
        for gate, shut in _doors(graph, which, facts)
        if shut
    ]
    while True:
        keep = np.ones(graph.edges.shape[1], dtype=bool)
        for door in doors:
            keep[door.shut] = False
        edges = graph.edges[:, keep]
        order, before = graph.reached(sorted(roots), edges)
        nodes = frozenset(order.tolist())
        shut = [door for door in doors if not _opens(graph, door, nodes)]
        if len(shut) == len(doors):
            assumed = dict.fromkeys(door.gate.assumed for door in shut if door.gate.assumed)
            return Found(graph, nodes, before, edges, dict(roots), tuple(assumed))
        doors = shut


def _opens(graph: Graph, door: _Door, nodes: frozenset[int]) -> bool:
    gate, own = door.gate, door.which
    if gate.passes and _passes(graph, gate.passes, nodes):
        return True
    if gate.reaches:
        facts, first = graph.objects[own], graph.first[own]
        for node, names in facts.exported.items():
            if first + node in nodes and not gate.reaches.isdisjoint(names):
                return True
    for which, facts in enumerate(graph.objects):
        if which == own or not gate.imports:
            continue
        first = graph.first[which] + facts.first_symbol
        for index, symbol in enumerate(facts.symbols):
            if symbol.name in gate.imports and first + index in nodes:
                return True
    return False


def _passes(
    graph: Graph, passes: tuple[str, Callable[[int | str], bool]], nodes: frozenset[int]
) -> bool:
    """Whether code that is reached passes a function an argument that matters, or any."""
    name, matters = passes
    return any(
        graph.first[which] + function in nodes and (value is None or matters(value))
        for which, facts in enumerate(graph.objects)
        for function, value in facts.passed.get(name, ())
    )


def _doors(graph: Graph, which: int, facts: Facts) -> Iterator[tuple[Gate, list[int]]]:
    gates = [gate for gate in GATES if facts.soname.startswith(gate.soname)]
    if not gates:
        return
    done = _Deeds(graph, which, facts)
    for gate in gates:
        shut = [
            edge
            for function in done.functions_with(gate)
            for edge in done.edges(function, gate.shuts)
        ]
        yield gate, shut


class _Deeds:
    """What each function of an object does: syscalls and exported functions, by their edges."""

    def __init__(self, graph: Graph, which: int, facts: Facts) -> None:
        low, high = graph.first[which], graph.first[which] + len(facts.functions)
        edges = graph.edges
        rows = table.by_number(facts.arch)
        own = np.flatnonzero((edges[0] >= low) & (edges[0] < high))
        self._into: dict[int, list[int]] = {}
        self._by_function: dict[int, dict[str, list[int]]] = {}
        made: dict[int, set[str]] = {}
        for edge in own[edges[3, own] == How.MAKE].tolist():
            number = int(edges[1, edge]) - graph.first_number
            if number in rows:
                name = rows[number].name
                self._note(int(edges[0, edge]), name, edge)
                self._note(int(edges[0, edge]), f"{name}!", edge)
                made.setdefault(int(edges[0, edge]), set()).add(name)
        code = own[np.isin(edges[3, own], _CODE_EDGES)]
        callees = np.unique(edges[:2, code], axis=1)[0]
        wrappers = {
            function: next(iter(names))
            for function, names in made.items()
            if len(names) == 1 and (callees == function).sum() <= _WRAPPER_CALLEES
        }
        exported = facts.exported
        self._exported = {low + node for node in exported}
        for node, names in exported.items():
            for name in names:
                self._by_function.setdefault(low + node, {})[f"{name}()!"] = []
        for edge in code.tolist():
            source, target = int(edges[0, edge]), int(edges[1, edge])
            self._into.setdefault(target, []).append(edge)
            if target in wrappers:
                self._note(source, wrappers[target], edge)
            for name in exported.get(target - low, ()):
                self._note(source, f"{name}()", edge)

    def _note(self, function: int, name: str, edge: int) -> None:
        self._by_function.setdefault(function, {}).setdefault(name, []).append(edge)

    def functions_with(self, gate: Gate) -> list[int]:
        return [
            function
            for function, done in self._by_function.items()
            if gate.marks <= done.keys()
            and gate.lacks.isdisjoint(done)
            and (gate.exported or function not in self._exported)
        ]

    def edges(self, function: int, shuts: frozenset[str]) -> list[int]:
        if "*" in shuts:
            return self._into.get(function, [])
        done = self._by_function[function]
        return [edge for name in shuts for edge in done.get(name, ())]
