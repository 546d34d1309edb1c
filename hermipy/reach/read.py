"""The facts of one file, read from its code, its data and its tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from hermipy import dynamic, resolve, scan, table
from hermipy import elf as reader
from hermipy.analysis import analyse
from hermipy.arch.base import Flow
from hermipy.reach import addresses, arguments, gates, gomethods, made, unwinding, words, wrapped
from hermipy.reach import code as coder
from hermipy.reach.facts import Argument, Facts, How, Made
from hermipy.reach.nodes import Nodes
from hermipy.reach.passing import WATCHED
from hermipy.resolve.search import AddressSearch
from hermipy.resolve.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hermipy.dynamic import Dynamic
    from hermipy.elf import Elf
    from hermipy.reach.facts import Passing
    from hermipy.reach.wrapped import Passed

    Integers = npt.NDArray[np.int64]

_DT_INIT_ARRAY, _DT_FINI_ARRAY, _DT_INIT_ARRAYSZ, _DT_FINI_ARRAYSZ = 25, 26, 27, 28
_DT_PREINIT_ARRAY, _DT_PREINIT_ARRAYSZ = 32, 33
_PT_TLS = 7
_WRAPPERS = frozenset({"syscall"})
_LOOKUPS = frozenset({"dlsym", "dlvsym"})
_LOADER = re.compile(r"ld-linux-.*\.so\.\d+$")
# Functions that the loader only tells of (elf/dl-open.c, elf/dl-close.c, elf/dl-load.c).
_TOLD = frozenset({"dlopen", "dlclose", "openat64"})
_NAME = re.compile(rb"(?<=\0)([A-Za-z_][A-Za-z0-9_]{2,99})(?=\0)")


class _Reading:
    """A file while its facts are read."""

    def __init__(self, elf: Elf) -> None:
        self.elf = elf
        self.analysis = analyse(elf)
        self.code = coder.read(self.analysis)
        self.symbols = dynamic.symbols(elf)
        self.addresses = addresses.addresses(self.code)
        self.words = words.words(elf, self.analysis, self.symbols)
        self.nodes = Nodes(self.analysis, self.addresses.built, self.words)
        self._calls = resolve.calls(elf, scan.sites(elf))
        self._edges: list[tuple[Integers, Integers, Integers, Integers]] = []

    def add(self, source: Integers, target: Integers, at: Integers, how: How) -> None:
        keep = (source >= 0) & (target >= 0) & (source != target)
        edges = np.stack([source[keep], target[keep]], axis=1)
        edges, first = np.unique(edges, axis=0, return_index=True)
        self._edges.append(
            (edges[:, 0], edges[:, 1], at[keep][first], np.full(len(first), how.value))
        )

    def edges(self) -> list[Integers]:
        return [np.concatenate(column) for column in zip(*self._edges, strict=True)]

    def flow(self) -> None:
        """Calls, jumps and falling from function to function."""
        for edges, how in (
            (self.analysis.call_edges, How.CALL),
            (self.analysis.jump_edges, How.JUMP),
        ):
            source, target = edges
            keep = self.nodes.in_code(target)
            source, target = source[keep], target[keep]
            self.add(self.nodes.functions_at(source), self.nodes.functions_at(target), source, how)
        falls = np.array(list(self._falls()), dtype=np.int64).reshape(-1, 2)
        self.add(
            self.nodes.functions_at(falls[:, 0]),
            self.nodes.functions_at(falls[:, 1]),
            falls[:, 0],
            How.FALL,
        )
        pads = np.array(list(unwinding.landing_pads(self.elf)), dtype=np.int64).reshape(-1, 2)
        self.add(
            self.nodes.functions_at(pads[:, 0]),
            self.nodes.functions_at(pads[:, 1]),
            pads[:, 0],
            How.UNWIND,
        )

    def _falls(self) -> Iterator[tuple[int, int]]:
        """(last instruction, function) for what control falls into."""
        at = np.searchsorted(self.code.places, self.nodes.functions)
        flows = self.code.flows
        ends = np.isin(
            flows, [f.value for f in (Flow.JUMP, Flow.RETURN, Flow.STOP, Flow.INDIRECT_JUMP)]
        )
        for position, function in zip(at.tolist(), self.nodes.functions.tolist(), strict=True):
            if position and not ends[position - 1]:
                previous = self.analysis.before(function)
                if previous is None or self._is_stub_end(previous):
                    continue
                if self.analysis.falls_into(previous):
                    yield previous, function

    def _is_stub_end(self, address: int) -> bool:
        """Whether a linker's stub ends there: RISC-V's jumps with a link register of its own."""
        at: int | None = address
        insn = self.analysis.insn(address)
        while insn is not None and insn.is_filler:
            at = self.analysis.before(at) if at is not None else None
            insn = None if at is None else self.analysis.insn(at)
        arch = self.analysis.arch
        return (
            insn is not None
            and insn.flow is Flow.INDIRECT_CALL
            and insn.link not in (arch.link, arch.extra_link)
        )

    def values(self) -> None:
        """Functions whose address code builds, data that it hands on, words that it reads."""
        found = self.addresses
        for at, nodes, how in (
            (found.built_at, self._code_at(found.built), How.TAKE),
            (found.passed_at, self.nodes.regions_at(found.passed), How.TAKE),
            (found.read_at, self.nodes.cells_at(found.read), How.READ),
        ):
            place = self.code.places[at]
            self.add(self.nodes.functions_at(place), nodes, place, how)

    def _code_at(self, address: Integers) -> Integers:
        """The functions at addresses; -1 for data."""
        inside = self.nodes.in_code(address)
        return np.where(inside, self.nodes.functions_at(address), -1)

    def data(self) -> None:
        """What regions hold, and where words lead."""
        at = self.nodes.cells
        self.add(
            self.nodes.regions_at(at), np.arange(len(at)) + self.nodes.first_cell, at, How.HOLD
        )
        words = self.words
        target = np.where(
            words.symbol > 0, words.symbol + self.nodes.first_symbol, self.nodes.at(words.target)
        )
        self.add(self.nodes.cells_at(words.place), target, words.place, How.HOLD)

    def roots(self) -> dict[str, tuple[int, ...]]:
        elf = self.elf
        found = {}
        if elf.entry:
            found["entry"] = self._one(elf.entry)
        for tag, why in ((reader.DT_INIT, "DT_INIT"), (reader.DT_FINI, "DT_FINI")):
            address = elf.dynamic_value(tag)
            if address:
                found[why] = self._one(address)
        for tag, size_tag, why in (
            (_DT_PREINIT_ARRAY, _DT_PREINIT_ARRAYSZ, "DT_PREINIT_ARRAY"),
            (_DT_INIT_ARRAY, _DT_INIT_ARRAYSZ, "DT_INIT_ARRAY"),
            (_DT_FINI_ARRAY, _DT_FINI_ARRAYSZ, "DT_FINI_ARRAY"),
        ):
            start, size = elf.dynamic_value(tag), elf.dynamic_value(size_tag)
            if start and size:
                found[why] = self._cells_in(start, start + size)
        for segment in elf.segments:
            if segment.kind == _PT_TLS:
                end = segment.address + segment.file_size
                found["thread-local data"] = self._cells_in(segment.address, end)
        go = np.array(gomethods.methods(self.analysis), dtype=np.int64)
        found["Go methods"] = tuple(self.nodes.functions_at(go).tolist())
        return {why: nodes for why, nodes in found.items() if nodes}

    def _one(self, address: int) -> tuple[int, ...]:
        node = int(self.nodes.at(np.array([address]))[0])
        return (node,) if node >= 0 else ()

    def _cells_in(self, start: int, end: int) -> tuple[int, ...]:
        low, high = np.searchsorted(self.nodes.cells, [start, end])
        return tuple(range(self.nodes.first_cell + int(low), self.nodes.first_cell + int(high)))

    def made(self) -> Iterator[Made]:
        known = gates.PASSED.get(self.elf.soname or "")
        for one in made.origins(self.analysis, self._calls, self._wrapped()):
            numbers = [one.number]
            if one.number == made.ANY and known:
                numbers = sorted(table.by_name()[name].number for name in known)
            for number in numbers:
                yield Made(self._one(one.at)[0], number, one.site, one.at)

    def _wrapped(self) -> list[Passed]:
        return list(wrapped.passed(self.analysis, self._readers(_WRAPPERS), 0))

    def arguments(self) -> Iterator[Argument]:
        """The arguments that decide what a call does."""
        tables = Tables(self.analysis)
        for call in self._calls:
            for one in arguments.at_site(self.analysis, tables, call):
                yield Argument(self._one(one.at)[0], one.number, one.value, one.via)
        for passed in self._wrapped():
            if passed.value in arguments.DECIDING:
                yield Argument(self._one(passed.origin)[0], passed.value, None, "")

    def asks(self) -> tuple[tuple[str, ...], bool]:
        """The names that dlsym() is asked for, and whether they are all constant."""
        if _LOADER.match(self.elf.soname or ""):
            return tuple(name for name in _text(self.elf) if name not in _TOLD), True
        found = wrapped.names(self.analysis, self._readers(_LOOKUPS), 1)
        return (tuple(_text(self.elf)), False) if found is None else (tuple(sorted(found)), True)

    def passed(self) -> dict[str, tuple[Passing, ...]]:
        """What the file passes to functions whose argument decides what they do."""
        found: dict[str, set[Passing]] = {}
        for symbol in self.symbols:
            if symbol.name in WATCHED:
                found.setdefault(symbol.name, set()).update(self._passing(symbol))
        return {name: tuple(sorted(rows, key=repr)) for name, rows in found.items()}

    def _passing(self, symbol: Dynamic) -> Iterator[Passing]:
        argument, kind = WATCHED[symbol.name]
        if symbol.is_defined:
            passed = wrapped.given(self.analysis, symbol.address, argument, kind)
        else:
            readers = self._readers(frozenset({symbol.name}))
            passed = wrapped.passed(self.analysis, readers, argument, kind)
        for one in passed:
            is_text = kind is AddressSearch and one.value
            value = self.elf.string_at(one.value or 0) if is_text else one.value
            yield self._one(one.origin)[0], value

    def _readers(self, names: frozenset[str]) -> list[int]:
        """The functions that read a word that ld.so fills with one of these symbols' addresses."""
        nodes = [
            index + self.nodes.first_symbol
            for index, symbol in enumerate(self.symbols)
            if symbol.name in names and not symbol.is_defined
        ]
        source, target, *_ = self.edges()
        words = source[np.isin(target, nodes)]
        readers = np.unique(source[np.isin(target, words)])
        found: list[int] = self.nodes.functions[
            readers[readers < len(self.nodes.functions)]
        ].tolist()
        return found


def _text(elf: Elf) -> Iterator[str]:
    """Everything in a file's data that could be a symbol's name, but for its symbols."""
    own = elf.dynamic_value(reader.DT_STRTAB) or 0
    own_end = own + (elf.dynamic_value(reader.DT_STRSZ) or 0)
    for load in elf.loads:
        for match in _NAME.finditer(elf.read(load.address, load.file_size)):
            if not own <= load.address + match.start() < own_end:
                yield match[1].decode()


def facts(elf: Elf) -> Facts:
    """The facts of a file."""
    reading = _Reading(elf)
    reading.flow()
    reading.values()
    reading.data()
    source, target, at, how = reading.edges()
    asks, constant = reading.asks()
    return Facts(
        path=elf.path,
        arch=elf.arch,
        functions=reading.nodes.functions,
        regions=reading.nodes.regions,
        region_ends=reading.nodes.region_ends,
        cells=reading.nodes.cells,
        code=tuple((code.address, code.end) for code in reading.analysis.ranges),
        soname=elf.soname or "",
        symbols=reading.symbols,
        source=source,
        target=target,
        at=at,
        how=how,
        roots=reading.roots(),
        made=tuple(reading.made()),
        asks=asks,
        asks_constants=constant,
        passed=reading.passed(),
        arguments=tuple(reading.arguments()),
    )
