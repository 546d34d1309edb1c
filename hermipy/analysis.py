"""One file's code, ready to be walked in both directions: shared by scan, resolve and liveness.

The tables (instruction starts, branches, calls) are made once with numpy; instructions are decoded when a walk meets them. A walk
back over `incoming` edges needs every way into an instruction: the one before it, direct branches, and for a function its
callers. What may come from elsewhere (address taken, exported) is `outside_caller`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hermipy import functions
from hermipy.arch import ARCHS
from hermipy.arch.base import Add, Constant, Flow, PcRelative

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hermipy.arch.base import Arch, Insn
    from hermipy.elf import Elf

    Addresses = npt.NDArray[np.int64]

_RETURN_BUDGET = 20_000
_REFERENCE_REACH = 48
_ENDS = (Flow.JUMP, Flow.INDIRECT_JUMP, Flow.RETURN, Flow.STOP)


class Edge(Enum):
    """How control came from one instruction to another."""

    FALL = auto()
    JUMP = auto()
    CALL = auto()


@dataclass(frozen=True, slots=True)
class Reference:
    """An instruction that completes an address in a register, or accesses memory there."""

    address: int
    register: int
    """The register that holds the address, or the base of the access."""
    offset: int | None
    """Offset from `register` for a memory access; None: the address itself is in the register."""


class Analysis:
    """The code of one file. Addresses are as linked."""

    def __init__(self, elf: Elf) -> None:
        self.elf = elf
        self.arch: Arch = ARCHS[elf.arch]
        self.witnesses = functions.witnesses(elf)
        self.is_go = self.witnesses.is_go
        self.preserved = self.arch.go_preserved if self.is_go else self.arch.preserved
        self.ranges = functions.code_ranges(elf, self.witnesses)
        known = self.witnesses.starts
        sweeps = [
            self.arch.sweep(r.data, r.address, known[(known >= r.address) & (known < r.end)])
            for r in self.ranges
        ]

        def joined(name: str) -> Addresses:
            parts = [getattr(sweep, name) for sweep in sweeps]
            return np.concatenate([np.empty(0, dtype=np.int64), *parts])

        self.starts = joined("starts")
        self.sites = joined("sites")
        self.high_from, self.high_to = joined("address_from"), joined("address_to")
        self._jumps = _Edges(joined("jump_from"), joined("jump_to"))
        self._calls = _Edges(joined("call_from"), joined("call_to"))
        self.indirect_jumps = joined("indirect_jumps")
        self.functions = self._function_starts()
        self._returns: dict[int, bool] = {}
        self._taken: dict[int, bool] = {}

    def _function_starts(self) -> Addresses:
        """Return all function starts: those of the tables, called ones, and those whose address a relocation stores."""
        values = self.elf.relocated_values
        stored = values[values < 1 << 62].astype(np.int64)
        candidates = np.union1d(self.witnesses.starts, np.union1d(self._calls.targets, stored))
        inside = [candidates[(candidates >= r.address) & (candidates < r.end)] for r in self.ranges]
        return np.concatenate([np.empty(0, dtype=np.int64), *inside])

    def range_of(self, address: int) -> functions.CodeRange | None:
        """Return the stretch of code that holds an address."""
        for code in self.ranges:
            if code.address <= address < code.end:
                return code
        return None

    def insn(self, address: int) -> Insn | None:
        """Return the instruction at an address; None outside of code."""
        code = self.range_of(address)
        if code is None or address % self.arch.alignment:
            return None
        at = address - code.address
        return self.arch.decode(int.from_bytes(code.data[at : at + 4], "little"))

    def function_of(self, address: int) -> int | None:
        """Return the start of the function that holds an address; None when none is known before it."""
        at = int(np.searchsorted(self.functions, address, side="right")) - 1
        code = self.range_of(address)
        if at < 0 or code is None or self.functions[at] < code.address:
            return None
        return int(self.functions[at])

    def is_function(self, address: int) -> bool:
        """Return whether a function starts there."""
        at = int(np.searchsorted(self.functions, address))
        return at < len(self.functions) and self.functions[at] == address

    def is_certain_function(self, address: int) -> bool:
        """Return whether a table of the file says that a function starts there."""
        starts = self.witnesses.starts
        at = int(np.searchsorted(starts, address))
        return at < len(starts) and starts[at] == address

    def target(self, address: int, insn: Insn) -> int | None:
        """Return where a jump, branch or call leads; None when only a register knows."""
        if insn.flow in (Flow.JUMP, Flow.BRANCH, Flow.CALL):
            return address + insn.displacement
        if insn.flow is Flow.INDIRECT_CALL:
            return self._calls.target_of(address)
        if insn.flow is Flow.INDIRECT_JUMP:
            return self._jumps.target_of(address)
        return None

    def before(self, address: int) -> int | None:
        """Return the instruction that ends where this one starts."""
        at = int(np.searchsorted(self.starts, address)) - 1
        if at < 0:
            return None
        previous = int(self.starts[at])
        insn = self.insn(previous)
        return previous if insn is not None and previous + insn.size == address else None

    def callers(self, address: int) -> list[int]:
        """Return all direct calls of an address."""
        return self._calls.into(address)

    def jumpers(self, address: int) -> list[int]:
        """Return all direct jumps and branches to an address."""
        return self._jumps.into(address)

    def incoming(self, address: int) -> Iterator[tuple[int, Edge]]:
        """Yield every known way to an instruction: (the instruction before it, how)."""
        previous = self.before(address)
        if previous is not None and self._falls_into(previous, address):
            yield previous, Edge.FALL
        for source in self.jumpers(address):
            yield source, Edge.JUMP
        for source in self.callers(address):
            yield source, Edge.CALL

    def _falls_into(self, previous: int, address: int) -> bool:
        insn = self.insn(previous)
        if insn is None or (insn.flow in _ENDS):
            return False
        if insn.flow not in (Flow.CALL, Flow.INDIRECT_CALL):
            return True
        if self.is_certain_function(address):
            return False  # a call at a function's end does not come back
        target = self.target(previous, insn)
        return target is None or self.returns(target)

    def returns(self, function: int) -> bool:
        """Return whether a function may come back to its caller; unknown code does."""
        if function not in self._returns:
            self._find_returns(function, set())
        return self._returns[function]

    def _find_returns(self, function: int, pending: set[int]) -> bool:
        """Decide `returns` by a walk; functions in `pending` are being decided further up and add no return of their own.

        A negative answer that leaned on a pending function is not kept, except at the top.
        """
        pending.add(function)
        leaned = False
        todo, seen, answer = [function], {function}, False
        while todo and not answer:
            address = todo.pop()
            insn = self.insn(address)
            if insn is None or len(seen) > _RETURN_BUDGET:
                answer = True
                break
            if insn.flow is Flow.RETURN or (
                insn.flow is Flow.INDIRECT_JUMP and self.target(address, insn) is None
            ):
                answer = True
                break
            after: list[int] = []
            target = self.target(address, insn)
            if insn.flow in (Flow.JUMP, Flow.BRANCH, Flow.INDIRECT_JUMP) and target is not None:
                after.append(target)
            if insn.flow in (Flow.CALL, Flow.INDIRECT_CALL) and target is not None:
                if target in pending:
                    leaned = leaned or target != function
                elif self._returns.get(target) or (
                    target not in self._returns and self._find_returns(target, pending)
                ):
                    after.append(address + insn.size)
                elif target not in self._returns:
                    leaned = True
            elif insn.flow not in _ENDS:
                after.append(address + insn.size)
            fresh = [a for a in after if a not in seen]
            seen.update(fresh)
            todo += fresh
        pending.discard(function)
        if answer or not leaned or not pending:
            self._returns[function] = answer
        return answer

    def outside_caller(self, function: int) -> str | None:
        """Return why a function may be called from where no direct call is seen; None when it cannot."""
        if function == self.elf.entry:
            return "the entry point"
        if function in self.witnesses.exported:
            return "exported"
        if function not in self._taken:
            self._taken[function] = self._is_taken(function)
        return "called through a pointer" if self._taken[function] else None

    def _is_taken(self, function: int) -> bool:
        values = self.elf.relocated_values
        at = int(np.searchsorted(values, np.uint64(function)))
        if at < len(values) and values[at] == function:
            return True
        return self._stored_in_data(function) or any(True for _ in self.references(function))

    def _stored_in_data(self, value: int) -> bool:
        """Return whether a loaded word holds an address; the dynamic symbol table does not count."""
        pattern = value.to_bytes(8, "little")
        symbols = self.elf.section(".dynsym")
        for load in self.elf.loads:
            at = self.elf.data.find(pattern, load.offset, load.offset + load.file_size)
            while at >= 0:
                in_symbols = (
                    symbols is not None and symbols.offset <= at < symbols.offset + symbols.size
                )
                if at % 4 == 0 and not in_symbols:
                    return True
                at = self.elf.data.find(pattern, at + 1, load.offset + load.file_size)
        return False

    def references(self, address: int) -> Iterator[Reference]:
        """Yield the instructions that build an address in a register or access memory there, pc-relative or absolute."""
        near = np.flatnonzero(np.abs(self.high_to - address) < 1 << 15)
        for source in self.high_from[near].tolist():
            yield from self._completions(source, address)

    def _completions(self, source: int, address: int) -> Iterator[Reference]:
        """Follow one address-building register for a few instructions."""
        first = self.insn(source)
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
            insn = self.insn(at)
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
        base, offset = getattr(value, "base", None), getattr(value, "offset", None)
        if base == register and offset == distance:
            yield Reference(at, register, distance)
    for store in insn.stores:
        if store.base == register and store.offset == distance:
            yield Reference(at, register, distance)


class _Edges:
    """Parallel arrays of direct edges, searchable from both ends."""

    def __init__(self, sources: Addresses, targets: Addresses) -> None:
        by_source = np.argsort(sources, kind="stable")
        self._from, self._from_to = sources[by_source], targets[by_source]
        by_target = np.argsort(targets, kind="stable")
        self._to, self._to_from = targets[by_target], sources[by_target]

    @property
    def targets(self) -> Addresses:
        return np.unique(self._to)

    def into(self, address: int) -> list[int]:
        low, high = np.searchsorted(self._to, [address, address + 1])
        found: list[int] = self._to_from[low:high].tolist()
        return found

    def target_of(self, address: int) -> int | None:
        at = int(np.searchsorted(self._from, address))
        found = at < len(self._from) and self._from[at] == address
        return int(self._from_to[at]) if found else None


@lru_cache(maxsize=4)
def analyse(elf: Elf) -> Analysis:
    """Return the analysis of a file, made once per `Elf`."""
    return Analysis(elf)
