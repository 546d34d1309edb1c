"""Where memory is: what a pointer register holds, who writes a variable.

Who passes a pointer to a callback.

These look at straight pieces of code only; what they find is evidence for the search, which decides
how far it trusts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy.arch.base import Add, Constant, Flow, PcRelative

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.analysis import Analysis
    from hermipy.arch.base import Insn

_REACH = 32
_STORE_REACH = 48
_NEAR = 1 << 13


@dataclass(frozen=True, slots=True)
class Place:
    """What a pointer is: `offset` from sp as it is at the place that was asked about.

    Or an address.
    """

    on_stack: bool
    offset: int


@dataclass(frozen=True, slots=True)
class Write:
    """A store to a variable: the register it stores and how far into it the variable begins."""

    address: int
    source: int
    inside: int


def pointer(analysis: Analysis, address: int, register: int) -> Place | None:
    """Return what a register points at before an instruction, by the straight code before it."""
    stack = analysis.arch.stack
    offset = 0
    for at, insn in _straight_back(analysis, address):
        if register == stack:
            break
        if insn.writes >> register & 1:
            match next((value for dest, value in insn.defs if dest == register), None):
                case Add(source, addend, 8):
                    register, offset = source, offset + addend
                case PcRelative() | Constant() as value:
                    return Place(on_stack=False, offset=_absolute(at, value) + offset)
                case _:
                    return None
        elif insn.writes >> stack & 1:
            return None
    return Place(on_stack=True, offset=offset) if register == stack else None


def _straight_back(analysis: Analysis, address: int) -> Iterator[tuple[int, Insn]]:
    """Yield the instructions before an address, last first, up to where another way leads in."""
    at: int | None = address
    for _ in range(_REACH):
        if at is None or analysis.is_function(at) or analysis.jumpers(at):
            return
        at = analysis.before(at)
        insn = None if at is None else analysis.insn(at)
        if at is None or insn is None or insn.flow not in (Flow.NEXT, Flow.BRANCH):
            return
        yield at, insn


def _absolute(address: int, value: PcRelative | Constant) -> int:
    if isinstance(value, Constant):
        return value.value
    return (address & -value.page) + value.offset


def writes(analysis: Analysis, address: int, size: int) -> Iterator[Write]:
    """Yield the stores to `size` bytes of a variable whose address the code builds itself."""
    seen = set()
    for source in analysis.address_builders(address, _NEAR):
        for write in _writes_after(analysis, source, address, size):
            if write.address not in seen:
                seen.add(write.address)
                yield write


def _writes_after(analysis: Analysis, start: int, address: int, size: int) -> Iterator[Write]:
    """Follow all registers with known addresses through the code behind one's first part."""
    known: dict[int, int] = {}
    at = start
    for _ in range(_STORE_REACH):
        insn = analysis.insn(at)
        if insn is None:
            return
        for store in insn.stores:
            if store.base in known:
                inside = address - known[store.base] - store.offset
                if inside >= 0 and inside + size <= store.size:
                    yield Write(at, store.source, inside)
        follow(insn, at, known)
        at += insn.size


def follow(insn: Insn, at: int, known: dict[int, int]) -> None:
    """Update the registers with known addresses by an instruction."""
    built: dict[int, int] = {}
    for dest, value in insn.defs:
        if isinstance(value, PcRelative | Constant):
            built[dest] = _absolute(at, value)
        elif isinstance(value, Add) and value.source in known:
            built[dest] = known[value.source] + value.addend
    for register in list(known):
        if insn.writes >> register & 1:
            del known[register]
    known |= built


def callback_call(analysis: Analysis, function: int) -> int | None:
    """Return the call that a function's address is passed to.

    When exactly one place builds that address.
    """
    places = {
        reference.address
        for reference in analysis.references.to(function)
        if reference.offset is None
    }
    if len(places) != 1:
        return None
    at = places.pop()
    for _ in range(_REACH):
        insn = analysis.insn(at)
        if insn is None or insn.flow in (Flow.JUMP, Flow.RETURN, Flow.INDIRECT_JUMP, Flow.STOP):
            return None
        if insn.flow in (Flow.CALL, Flow.INDIRECT_CALL):
            return at
        at += insn.size
    return None
