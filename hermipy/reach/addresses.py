"""Which addresses each function builds, and which words it reads: value flow inside functions.

A register that holds an address is followed forwards, block by block, to where it is overwritten.
Every sum with it is another address, followed in turn; every load through it reads a word. Where
a switch jumps nobody knows without its table, so it may lead to every block of its function.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hermipy.arch.base import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hermipy.reach.code import Code, Rows

    Integers = npt.NDArray[np.int64]

_ROUNDS = 3  # object, field, field of a field
_MANY = 500
_LOW = 1 << 11  # bytes: what a low half adds or takes
_WORD = 8
_LEAVES = (Flow.JUMP, Flow.INDIRECT_JUMP, Flow.RETURN, Flow.STOP)


class Addresses(NamedTuple):
    """Addresses with the instructions that they are met at, as positions in the code."""

    built_at: Integers
    built: Integers
    """All that a register holds: objects and functions begin there."""
    passed_at: Integers
    passed: Integers
    """Those that are handed on, to memory, a call or arithmetic: anything near may be meant."""
    read_at: Integers
    read: Integers
    """Addresses of words that are loaded."""


def addresses(code: Code) -> Addresses:
    """What the code of a file builds and reads."""
    walk = _Walk(code)
    halves = code.firsts
    is_whole = halves.source == 1 if code.analysis.arch.adr else np.zeros(len(halves.at), bool)
    # `lui; add an index; load with the low half`: the object is near what the first half says.
    is_absolute = halves.source == 0
    near = walk.follow(_select(halves, is_absolute), np.arange(-_LOW, _LOW, _WORD))
    known = _joined(near, walk.follow(_select(halves, ~is_absolute), np.empty(0, dtype=np.int64)))
    known = _joined(known, _select(halves, is_whole), _on_global_pointer(code, known))
    for _ in range(_ROUNDS):
        walk.built.append((known.at, known.number))
        known = _few(code, walk, walk.follow(known, np.zeros(1, dtype=np.int64)))
    walk.passed.append((known.at, known.number))  # a loop adds again and again
    return Addresses(*_unique(walk.built), *_unique(walk.passed), *_unique(walk.read))


def _few(code: Code, walk: _Walk, known: Rows) -> Rows:
    """The sums to follow; where a function has too many, all of its count as handed on.

    In an interpreter's loop, where every switch leads to every case, each address meets each sum.
    """
    functions = code.functions[known.at] + 1
    many = np.bincount(functions, minlength=1)[functions] > _MANY
    walk.passed.append((known.at[many], known.number[many]))
    return _select(known, ~many)


def _on_global_pointer(code: Code, known: Rows) -> Rows:
    """The sums with the register that holds one address all along, wherever that is set."""
    register = code.analysis.arch.global_pointer
    bases = np.unique(known.number[known.dest == register]).tolist()
    uses = _select(code.sums, code.sums.source == register)
    return _joined(*(uses._replace(number=uses.number + base) for base in bases), _none(uses))


def _none(rows: Rows) -> Rows:
    return _select(rows, np.zeros(len(rows.at), dtype=bool))


def _select(rows: Rows, which: npt.NDArray[np.bool_]) -> Rows:
    return type(rows)(*(column[which] for column in rows))


def _joined(*parts: Rows) -> Rows:
    return type(parts[0])(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _unique(parts: list[tuple[Integers, Integers]]) -> tuple[Integers, Integers]:
    pairs = np.unique(np.concatenate([np.stack(part, axis=1) for part in parts]), axis=0)
    return pairs[:, 0], pairs[:, 1]


class _Walk:
    """The addresses found so far, (position, address), while what registers hold is followed."""

    def __init__(self, code: Code) -> None:
        self._blocks = _Blocks(code)
        self._sums, self._loads = _ByRegister(code.sums), _ByRegister(code.loads)
        self._escapes = _ByRegister(code.escapes)
        self._seen: dict[tuple[int, int], set[int]] = {}
        self.built: list[tuple[Integers, Integers]] = []
        self.passed: list[tuple[Integers, Integers]] = []
        self.read: list[tuple[Integers, Integers]] = []

    def follow(self, known: Rows, around: Integers) -> Rows:
        """Find what is made of values in registers; gives the sums, each in its register.

        Where a value is handed on, so may be what lies `around` it, distances in bytes.
        """
        spans = self._blocks.spans(known, self._seen)
        at, value, _ = self._escapes.within(spans)
        self.passed.append((np.repeat(at, len(around)), np.add.outer(value, around).ravel()))
        at, value, _ = self._loads.within(spans)
        self.read.append((at, value))
        at, value, dest = self._sums.within(spans)
        return known._replace(at=at, source=dest, dest=dest, number=value)


class _Span(NamedTuple):
    """Registers that hold an address at all positions from `start` up to, not including, `end`."""

    register: Integers
    start: Integers
    end: Integers
    value: Integers


class _ByRegister:
    """Instructions that use a register, found by register and position."""

    def __init__(self, rows: Rows) -> None:
        order = np.lexsort((rows.at, rows.source))
        self._rows = type(rows)(*(column[order] for column in rows))
        self._key = self._rows.source << 40 | self._rows.at

    def within(self, spans: _Span) -> tuple[Integers, Integers, Integers]:
        """(position, value plus the instruction's number, register out) of all uses in spans."""
        low = np.searchsorted(self._key, spans.register << 40 | spans.start)
        high = np.searchsorted(self._key, spans.register << 40 | spans.end)
        counts = np.maximum(high - low, 0)
        which = np.repeat(low - np.cumsum(counts) + counts, counts)
        which += np.arange(len(which))
        value = np.repeat(spans.value, counts) + self._rows.number[which]
        return self._rows.at[which], value, self._rows.dest[which]


class _Blocks:
    """The basic blocks of a file; walked one at a time, so the walk's parts are lists.

    Behind them stands one without instructions for every function with a switch: all its switches
    lead there, and from there a way leads to all its blocks.
    """

    def __init__(self, code: Code) -> None:
        self._starts = _leaders(code)
        self._first: list[int] = self._starts.tolist()
        self._last: list[int] = [*self._first[1:], len(code.places)]
        self._kills = [
            np.flatnonzero(code.kills >> np.uint64(register) & np.uint64(1))
            for register in range(64)
        ]
        edges, hubs = self._edges(code)
        self._first += [len(code.places)] * hubs
        self._last += [len(code.places)] * hubs
        wanted = self._wanted(code, edges, hubs)
        self._wanted_in: list[int] = wanted.tolist()
        self._kill_lists: list[list[int]] = [kills.tolist() for kills in self._kills]
        self._after: list[list[int]] = [[] for _ in self._first]
        for source, target in zip(*(column.tolist() for column in edges), strict=True):
            self._after[source].append(target)

    def of(self, at: Integers) -> Integers:
        """The block of each position."""
        return np.searchsorted(self._starts, at, side="right") - 1

    def _edges(self, code: Code) -> tuple[tuple[Integers, Integers], int]:
        """All ways from block to block, and how many functions have a switch."""
        last = np.array(self._last, dtype=np.int64) - 1
        flows, functions = code.flows[last], code.functions
        falls = ~np.isin(flows, [flow.value for flow in _LEAVES])
        falls[-1:] = False
        jumps_from, jumps_to = code.analysis.jump_edges
        source, target = (np.searchsorted(code.places, jumps) for jumps in (jumps_from, jumps_to))
        inside = np.append(code.places, -1)[target] == jumps_to
        pairs = [
            (np.flatnonzero(falls), np.flatnonzero(falls) + 1),
            (self.of(source[inside]), self.of(target[inside])),
        ]
        mine, count = functions[self._starts], len(self._starts)
        switches = np.setdiff1d(np.flatnonzero(flows == Flow.INDIRECT_JUMP.value), pairs[1][0])
        switching, hub = np.unique(mine[switches], return_inverse=True)
        pairs.append((switches, count + hub))
        inside = np.isin(mine, switching)
        pairs.append((count + np.searchsorted(switching, mine[inside]), np.flatnonzero(inside)))
        columns = zip(*pairs, strict=True)
        sources, targets = (np.concatenate(column) for column in columns)
        return (sources, targets), len(switching)

    def _wanted(
        self, code: Code, edges: tuple[Integers, Integers], hubs: int
    ) -> npt.NDArray[np.uint64]:
        """Per block: the registers that something behind its start uses as they are then."""
        nothing = np.zeros(hubs, dtype=np.uint64)
        killed = np.append(np.bitwise_or.reduceat(code.kills, self._starts), nothing)
        used = np.zeros(len(killed), dtype=np.uint64)
        for rows in (code.sums, code.loads, code.escapes):
            for register in np.unique(rows.source).tolist():
                at = rows.at[rows.source == register]
                block, kills = self.of(at), self._kills[register]
                before = np.append(kills, len(code.places))[
                    np.searchsorted(kills, self._starts[block])
                ]
                used[block[before >= at]] |= np.uint64(1 << register)
        order = np.argsort(edges[0], kind="stable")
        source, target = edges[0][order], edges[1][order]
        sources, first = np.unique(source, return_index=True)
        wanted = used
        while True:
            after = np.zeros_like(used)
            if len(sources):
                after[sources] = np.bitwise_or.reduceat(wanted[target], first)
            more = used | (after & ~killed)
            if np.array_equal(more, wanted):
                return wanted
            wanted = more

    def spans(self, known: Rows, seen: dict[tuple[int, int], set[int]]) -> _Span:
        """Where registers still hold what they were given.

        `seen` has the blocks that a register and its value were followed into before.
        """
        found: list[tuple[int, int, int, int]] = []
        blocks = self.of(known.at).tolist()
        columns = (known.at.tolist(), known.dest.tolist(), known.number.tolist())
        for block, at, register, value in zip(blocks, *columns, strict=True):
            entered = seen.setdefault((register, value), set())
            if ~at not in entered:
                entered.add(~at)
                for start, end in self._follow(block, at, register, entered):
                    found.append((register, start, end, value))
        rows = np.array(found, dtype=np.int64).reshape(-1, 4)
        return _Span(*(rows[:, column] for column in range(4)))

    def _follow(
        self, block: int, at: int, register: int, entered: set[int]
    ) -> Iterator[tuple[int, int]]:
        kills, bit = self._kill_lists[register], 1 << register
        todo = [(block, at + 1)]
        while todo:
            block, start = todo.pop()
            end = self._last[block]
            killed = bisect_left(kills, start)
            stop = kills[killed] if killed < len(kills) else end
            yield start, min(stop + 1, end)
            if stop >= end:
                for after in self._after[block]:
                    if self._wanted_in[after] & bit and after not in entered:
                        entered.add(after)
                        todo.append((after, self._first[after]))


def _leaders(code: Code) -> Integers:
    """The positions at which basic blocks begin."""
    ends = np.isin(code.flows, [flow.value for flow in (*_LEAVES, Flow.BRANCH)])
    leaders = np.zeros(len(code.places) + 1, dtype=bool)
    leaders[1:] = ends
    for targets in (code.analysis.jump_edges[1], code.analysis.functions):
        leaders[np.searchsorted(code.places, targets)] = True
    leaders[0] = True
    return np.flatnonzero(leaders[: len(code.places)])
