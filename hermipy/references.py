"""Who names an address (the code that builds it, the words that hold it), and if that is a call.

What is odd: an address that code compares with the interrupted pc is no call, though it looks like
a callback's; libc's cancellation points are such. So a reference counts only if something is done
with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy.arch.base import Add, Constant, Flow, Load, PcRelative

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.analysis import Analysis
    from hermipy.arch.base import Insn

CALLED_THROUGH_POINTER = "called through a pointer"
EXPORTED = "exported"
_CALLS = (Flow.CALL, Flow.INDIRECT_CALL)
_REFERENCE_REACH = 48
_USE_BUDGET = 1_000
_RESULTS = 1  # a function's address as the second half of a result is not known to exist
_PAGE = 4096  # adrp; RISC-V low parts reach half of it


@dataclass(frozen=True, slots=True)
class Reference:
    """An instruction that completes an address in a register, or accesses memory there."""

    address: int
    register: int
    """The register that then holds the address, or what was loaded from there; -1 after a store."""
    offset: int | None
    """Offset from the base for a memory access; None: the address itself is in the register."""


class References:
    """The references of one file, found when asked for."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self._taken: dict[int, bool] = {}

    def outside_caller(self, function: int) -> str | None:
        """Return why a function may be called from where no direct call is seen.

        None when it cannot.
        """
        if function == self.analysis.elf.entry:
            return "the entry point"
        if function in self.analysis.witnesses.exported:
            return EXPORTED
        return CALLED_THROUGH_POINTER if self.is_taken(function) else None

    def is_taken(self, function: int) -> bool:
        """Return whether code or data of this file may call a function through a pointer."""
        if function not in self._taken:
            self._taken[function] = self._is_taken(function)
        return self._taken[function]

    def _is_taken(self, function: int) -> bool:
        """Return whether an address goes anywhere but into a comparison.

        libc compares the interrupted pc with the bounds of its cancellation point, through the GOT
        in a shared object.
        """
        if any(self._is_used(r.address, r.register) for r in self.to(function)):
            return True
        return any(self._is_loaded_for_use(place) for place in self._places_with(function))

    def _is_loaded_for_use(self, place: int) -> bool:
        """Return whether an address that lies in a word of memory is used.

        A word that no code names is a table's.
        """
        loads = list(self.to(place))
        return not loads or any(self._is_used(load.address, load.register) for load in loads)

    def _is_used(self, address: int, register: int) -> bool:
        """Return whether anything but a comparison reads a register once this has filled it."""
        first = self.analysis.insn(address)
        todo = [address + first.size] if first else []
        seen = set(todo)
        while todo:
            at = todo.pop()
            insn = self.analysis.insn(at)
            if insn is None or len(seen) > _USE_BUDGET:
                return True
            if insn.reads >> register & 1 and not self._is_harmless(at, insn, register):
                return True
            if insn.flow in _CALLS or insn.flow in (Flow.RETURN, Flow.INDIRECT_JUMP):
                passed = self.analysis.arch.arguments[
                    : _RESULTS if insn.flow is Flow.RETURN else None
                ]
                if register in passed or self.analysis.preserved(at) >> register & 1:
                    return True
                continue
            if insn.kills >> register & 1 or insn.flow is Flow.STOP:
                continue
            target = self.analysis.target(at, insn)
            after = [target] if target is not None else []
            after += [at + insn.size] if insn.flow is not Flow.JUMP else []
            todo += [place for place in after if place not in seen]
            seen.update(after)
        return False

    def _is_harmless(self, address: int, insn: Insn, register: int) -> bool:
        """Return whether an instruction does not use the address in a register.

        A comparison, or the step to another address.
        """
        if insn.is_comparison:
            return True
        if insn.target == register and self.analysis.target(address, insn) is not None:
            return True  # the low half of a far call
        if insn.reads != 1 << register or insn.stores:
            return False
        values = [value for _, value in insn.defs]
        return len(values) == 1 and (
            (isinstance(values[0], Add) and values[0].addend != 0)
            or (isinstance(values[0], Load) and values[0].offset != 0)
        )

    def _places_with(self, value: int) -> Iterator[int]:
        """Yield the addresses of loaded words that hold an address."""
        yield from self.analysis.elf.relocations_to(value)
        if self.analysis.elf.position_independent:
            return
        pattern = value.to_bytes(8, "little")
        for load in self.analysis.elf.loads:
            end = load.offset + load.file_size
            at = self.analysis.elf.data.find(pattern, load.offset, end)
            while at >= 0:
                if at % 4 == 0:
                    yield load.address + at - load.offset
                at = self.analysis.elf.data.find(pattern, at + 1, end)

    def to(self, address: int) -> Iterator[Reference]:
        """Yield the instructions that build an address in a register or access memory there.

        Pc-relative or absolute.
        """
        for source in self.analysis.address_builders(address, _PAGE):
            yield from self._completions(source, address)

    def _completions(self, source: int, address: int) -> Iterator[Reference]:
        """Follow one address-building register for a few instructions."""
        first = self.analysis.insn(source)
        if first is None or not first.defs:
            return
        register, value = first.defs[0]
        if isinstance(value, PcRelative):
            base = (source & -value.page) + value.offset
        elif isinstance(value, Constant):
            base = value.value
        else:
            return
        if base == address:
            yield Reference(source, register, None)
        at = source + first.size
        for _ in range(_REFERENCE_REACH):
            insn = self.analysis.insn(at)
            if insn is None:
                return
            yield from _uses(insn, at, register, address - base)
            if insn.writes >> register & 1:
                return
            at += insn.size


def _uses(insn: Insn, at: int, register: int, distance: int) -> Iterator[Reference]:
    for result, value in insn.defs:
        if isinstance(value, Add) and value.source == register and value.addend == distance:
            yield Reference(at, result, None)
        elif isinstance(value, Load) and value.base == register and value.offset == distance:
            yield Reference(at, result, distance)
    for store in insn.stores:
        if store.base == register and store.offset == distance:
            yield Reference(at, -1, distance)
