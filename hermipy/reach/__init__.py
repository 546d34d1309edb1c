"""Reach: which syscalls a whole program can make, over its call graph with all its libraries.

Each file's part of the graph (`facts`) is found once and cached; `graph` binds the parts as ld.so
would; `search` goes from the entries to the syscalls. Sound by default: an address that is taken in
code that runs may be called, data that is named may be read, and what cannot be bounded widens the
answer and is said so. What is assumed instead is said too (`gates`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hermipy import objects, table, tree
from hermipy.closure import Closure
from hermipy.errors import MissingLibraryError
from hermipy.files import Files
from hermipy.reach import search, store
from hermipy.reach.answer import Answer, Open
from hermipy.reach.facts import CODE_KINDS
from hermipy.reach.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hermipy.closure import Object
    from hermipy.reach.search import Found

_LOADERS = ("dlopen", "dlmopen")
_GLIBC = "libc.so.6"
_CONVERSIONS = "/gconv/"
_SERVICE = re.compile(r"/libnss_([^/]+)\.so\.2$")


def program(path: Path, arch: str, sysroot: Path | None = None) -> Answer:
    """What a program of the host can make, with its libraries; raises HermipyError.

    Libraries that are not there are named in the answer: it then holds for the rest.
    """
    guest_path = objects.natural_path(path, sysroot) or f"/{path.name}"
    nodes = tree.build([tree.node(path.resolve(), guest_path)])
    files = Files(nodes, objects.places(path, arch, sysroot))
    closure = Closure(files, arch, direct=False)
    missing: tuple[str, ...] = ()
    try:
        closure.add_program(guest_path)
    except MissingLibraryError as error:
        missing = tuple(sorted({name for name, _ in error.missing}))
    return of_objects(tuple(closure.objects.values()), closure.names, missing)


def of_objects(
    loaded: Sequence[Object],
    names: Mapping[str, Object],
    missing: tuple[str, ...] = (),
    services: Iterable[str] = (),
) -> Answer:
    """The answer for objects that were found, the program first; `names` as they are asked for.

    Objects that nobody names may be opened by whoever opens any; the services' libraries by libc.
    """
    whole = _Program(loaded, names, services)
    found = whole.search()
    return Answer(
        program=loaded[0].path,
        arch=whole.facts[0].arch,
        objects=tuple(item.path for item in whole.loaded),
        missing=missing,
        unresolved=tuple(whole.unresolved(found)),
        widened=tuple(whole.widened(found)),
        assumed=found.assumed,
        found=found,
    )


def _is_apart(item: Object) -> bool:
    """Whether an object's code can be left out.

    Programs are roots of their own when they can be started, and cannot be opened. gconv modules
    have no sites and call libc to copy bytes and to assert.
    """
    # libc.so.6 has an interpreter too, for who starts it; a program has no name for ld.so.
    is_program = item.linkage.interpreter and not item.linkage.soname
    can_start = table.by_name()["execve"].implemented
    return _CONVERSIONS in item.path or bool(is_program and not can_start)


class _Program:
    """The objects of a program, and what starts in each."""

    def __init__(
        self, loaded: Sequence[Object], names: Mapping[str, Object], services: Iterable[str]
    ) -> None:
        self.loaded = [item for item in loaded if item is loaded[0] or not _is_apart(item)]
        self._services = frozenset(services)
        self.facts = [store.facts(item.source) for item in self.loaded]
        self.graph = Graph(self.facts)
        self._names = names
        self._started = self._needed(loaded[0])

    def _needed(self, first: Object) -> set[str]:
        """The paths of the objects that are there from the start."""
        todo, seen = [first], {first.path}
        wanted = first.linkage.interpreter
        if wanted:
            todo += [item for item in self.loaded if item.path == self._interpreter(wanted)]
        while todo:
            item = todo.pop()
            seen.add(item.path)
            found = (self._names.get(name) for name in item.linkage.needed)
            todo += [other for other in found if other and other.path not in seen]
        return seen

    def _interpreter(self, wanted: str) -> str:
        found = self._names.get(wanted.rpartition("/")[2])
        return found.path if found else wanted

    def search(self) -> Found:
        """What is reached, until nothing that is reached brings in more."""
        roots = dict(self._start())
        while True:
            found = search.search(self.graph, roots)
            more = dict([*self._opened(found), *self._asked(found)]) | roots
            if more == roots:
                return found
            roots = more

    def _start(self) -> Iterator[tuple[int, str]]:
        """(node, why it is reached) of what runs in any case."""
        interpreter = self._interpreter(self.loaded[0].linkage.interpreter)
        for which, item in enumerate(self.loaded):
            if item.path in self._started:
                entered = which == 0 or item.path == interpreter
                yield from self._roots(which, entered=entered)

    def _roots(self, which: int, *, entered: bool) -> Iterator[tuple[int, str]]:
        first = self.graph.first[which]
        for why, nodes in self.facts[which].roots.items():
            if entered or why != "entry":
                yield from ((first + node, f"is started: {why}") for node in nodes)

    def _reaches(self, found: Found, which: int, names: tuple[str, ...]) -> bool:
        """Whether an object reaches one of these functions, as its own or another's."""
        facts, first = self.facts[which], self.graph.first[which]
        imported = first + facts.first_symbol
        return any(
            imported + index in found.nodes
            for index, symbol in enumerate(facts.symbols)
            if symbol.name in names
        )

    def _asked(self, found: Found) -> Iterator[tuple[int, str]]:
        """Functions and data that are looked up by name while the program runs."""
        for which, facts in enumerate(self.facts):
            loader = facts.asks_constants and not facts.symbols_named(("dlsym", "dlvsym"))
            if not facts.asks or not (loader or self._reaches(found, which, ("dlsym", "dlvsym"))):
                continue
            wanted = set(facts.asks)
            for other, offering in enumerate(self.facts):
                for symbol in offering.symbols:
                    if symbol.is_defined and symbol.name in wanted:
                        node = offering.node_at(symbol.address)
                        if node >= 0:
                            why = f"is asked for by name in {self.loaded[which].path}"
                            yield self.graph.first[other] + node, why

    def _opened(self, found: Found) -> Iterator[tuple[int, str]]:
        """All that can start in libraries that are opened: whoever opens one asks for any of it."""
        openers = [
            item
            for which, item in enumerate(self.loaded)
            if self._reaches(found, which, _LOADERS) and item.linkage.soname != _GLIBC
        ]
        by_name = [item for item in self.loaded if item.linkage.soname == _GLIBC] + openers
        named = {name for item in by_name for name in item.linkage.opens}
        for item in self.loaded:
            if item.path in self._started:
                continue
            service = _SERVICE.search(item.path)
            if service:
                is_opened = service[1] in self._services
            else:
                is_opened = any(self._names.get(name) is item for name in named) or (
                    bool(openers) and item not in self._names.values()
                )
            if is_opened:
                yield from self._everything(item)

    def _everything(self, opened: Object) -> Iterator[tuple[int, str]]:
        which = [item.path for item in self.loaded].index(opened.path)
        facts, first = self.facts[which], self.graph.first[which]
        yield from self._roots(which, entered=False)
        for symbol in facts.symbols:
            if symbol.is_defined and symbol.kind in CODE_KINDS:
                yield first + facts.node_at(symbol.address), "is exported by what is opened"

    def unresolved(self, found: Found) -> Iterator[Open]:
        """Reachable sites whose number could be any."""
        for which, facts in enumerate(self.facts):
            for made in facts.made:
                if made.number < 0 and self.graph.first[which] + made.function in found.nodes:
                    yield Open(self.loaded[which].path, made.site, "the number is not constant")

    def widened(self, found: Found) -> Iterator[str]:
        """Why the answer is wider than the graph."""
        for which, facts in enumerate(self.facts):
            path = self.loaded[which].path
            if not facts.asks_constants and self._reaches(found, which, ("dlsym", "dlvsym")):
                yield f"{path} looks up symbols by names that are not constant"
