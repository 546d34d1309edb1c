"""What a program can ask of the kernel, each syscall with a way to it that a person can follow."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from hermipy.reach.facts import How

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.reach.facts import Argument, Facts
    from hermipy.reach.search import Found

_RT_SIGACTION, _RT_SIGRETURN = 134, 139
_WORDS = {
    How.CALL: "calls",
    How.JUMP: "jumps to",
    How.FALL: "runs into",
    How.TAKE: "takes the address of",
    How.READ: "reads a pointer at",
    How.HOLD: "holds a pointer to",
    How.BIND: "is bound to",
    How.UNWIND: "unwinds to",
    How.MAKE: "makes",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a witness."""

    object: str
    """Path in the guest."""
    place: str
    """A function's name or address, a region of data, a word of data, or a symbol."""
    address: int
    """Of the instruction or word that leads on; the last step's is what sets the number."""
    how: str
    """What it does to the next step."""


@dataclass(frozen=True, slots=True)
class Open:
    """A reachable site whose number could be any."""

    object: str
    address: int
    reason: str


@dataclass(frozen=True, eq=False)
class Answer:
    """The result for one program."""

    program: str
    arch: str
    objects: tuple[str, ...]
    """All that may be loaded, by path in the guest, the program first."""
    missing: tuple[str, ...]
    """Libraries that were not found."""
    unresolved: tuple[Open, ...]
    widened: tuple[str, ...]
    """Why the answer is wider than what was seen to be reached."""
    assumed: tuple[str, ...]
    """What must hold for it."""
    found: Found

    @property
    def numbers(self) -> frozenset[int]:
        """Every number that the program can make at a resolved site, and what follows from it."""
        graph = self.found.graph
        numbers = range(graph.first_number, graph.root - 1)
        made = frozenset(node - graph.first_number for node in self.found.nodes if node in numbers)
        return made | {_RT_SIGRETURN} if _RT_SIGACTION in made else made

    def askers(self, number: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """(object, its sites) of all that can make a syscall of this number."""
        graph, found = self.found.graph, []
        for path, facts, first in zip(self.objects, graph.objects, graph.first, strict=False):
            sites = {
                made.site
                for made in facts.made
                if made.number == number and first + made.function in self.found.nodes
            }
            if sites:
                found.append((path, tuple(sorted(sites))))
        return tuple(found)

    def arguments(self, number: int) -> tuple[int, ...] | None:
        """The values of the argument that decides what a call does; None: it could be any."""
        values: set[int] = set()
        for argument in self._arguments(number):
            if argument.value is not None:
                values.add(argument.value)
                continue
            passed = set(self._passed(argument.via)) if argument.via else {None}
            if None in passed:
                return None
            values.update(int(value) for value in passed if value is not None)
        return tuple(sorted(values))

    def _arguments(self, number: int) -> Iterator[Argument]:
        for facts, first in zip(self.found.graph.objects, self.found.graph.first, strict=False):
            for argument in facts.arguments:
                if argument.number == number and first + argument.function in self.found.nodes:
                    yield argument

    def _passed(self, name: str) -> Iterator[int | str | None]:
        """What code that is reached passes to a function."""
        for facts, first in zip(self.found.graph.objects, self.found.graph.first, strict=False):
            for function, value in facts.passed.get(name, ()):
                if first + function in self.found.nodes:
                    yield value

    def witness(self, number: int) -> tuple[Step, ...]:
        """A shortest way from an entry to the code that makes a syscall; empty for the system's."""
        return tuple(self._steps(self.found.graph.number_node(number)))

    def _steps(self, last: int) -> Iterator[Step]:
        graph, before = self.found.graph, self.found.before
        way = [last]
        while before[way[-1]] >= 0 and before[way[-1]] != graph.root:
            way.append(int(before[way[-1]]))
        if len(way) == 1:
            return
        way.reverse()
        yield self._step(way[0], 0, self.found.roots[way[0]])
        for node, following in pairwise(way):
            at, how = self.found.edge(node, following)
            yield self._step(node, at, _WORDS[How(how)])

    def _step(self, node: int, at: int, how: str) -> Step:
        graph = self.found.graph
        which = bisect_right(graph.first, node) - 1
        facts, own = graph.objects[which], node - graph.first[which]
        address = at or facts.address_of(own)
        return Step(self.objects[which], name_of(facts, own), address, how)


def name_of(facts: Facts, node: int) -> str:
    """What a person would call a node: its symbol, else its address."""
    if node >= facts.first_symbol:
        return f"symbol {facts.symbols[node - facts.first_symbol].name}"
    data, address = node - len(facts.functions), facts.address_of(node)
    kind = "" if data < 0 else "data " if data < len(facts.regions) else "word "
    names = (s.name for s in facts.symbols if s.is_defined and s.address == address and s.name)
    return kind + next(names, f"{address:#x}")
