"""Arguments of calls to other objects' functions: the number in syscall(), the name in dlsym().

A stub of the linker (PLT) reads the word that ld.so fills for the symbol and jumps; what its
callers pass is asked for as a site's number is. Whoever else reads that word may pass anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hermipy.arch.base import Flow
from hermipy.resolve.search import AddressSearch, Search
from hermipy.resolve.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hermipy.analysis import Analysis

_STUB_BYTES = 32


class Passed(NamedTuple):
    """One value of an argument; None: it could be any."""

    value: int | None
    origin: int
    """The instruction that sets it."""
    call: int


def passed(
    analysis: Analysis, readers: Iterable[int], argument: int, kind: type[Search] = Search
) -> Iterator[Passed]:
    """What is passed in an argument of a function whose word the functions `readers` read."""
    for reader in readers:
        if _is_stub(analysis, reader):
            yield from given(analysis, reader, argument, kind)
        else:
            yield Passed(None, reader, reader)


def given(
    analysis: Analysis, function: int, argument: int, kind: type[Search] = Search
) -> Iterator[Passed]:
    """What the file's own direct calls of a function pass in an argument."""
    tables = Tables(analysis)
    for call in [*analysis.callers(function), *analysis.jumpers(function)]:
        search = kind(analysis, tables, call, analysis.arch.arguments[argument])
        search.run()
        if search.reason is not None or search.wrappers or search.through_pointer:
            yield Passed(None, call, call)
            continue
        for value, places in search.origins.items():
            for place in places:
                yield Passed(value, place, call)


def names(analysis: Analysis, readers: Iterable[int], argument: int) -> set[str] | None:
    """The strings that are passed; None when they are not all constant."""
    found = set()
    for one in passed(analysis, readers, argument, AddressSearch):
        if one.value is None:
            return None
        if one.value:
            found.add(analysis.elf.string_at(one.value))
    return found


def _is_stub(analysis: Analysis, function: int) -> bool:
    """Whether a function only jumps through a word of memory."""
    at = function
    while at < function + _STUB_BYTES:
        insn = analysis.insn(at)
        if insn is None or insn.stores:
            return False
        if insn.flow in (Flow.INDIRECT_JUMP, Flow.INDIRECT_CALL):
            return insn.flow is Flow.INDIRECT_JUMP or insn.link != analysis.arch.link
        if insn.flow is not Flow.NEXT:
            return False
        at += insn.size
    return False
