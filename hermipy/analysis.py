"""One file's code, ready to be walked in both directions: shared by scan, resolve and liveness.

The tables (instruction starts, branches, calls) are made once with numpy; instructions are decoded when a walk meets them. A walk
back over `incoming` edges needs every way into an instruction: the one before it, direct branches, and for a function its
callers. What may come from elsewhere (address taken, exported) is `outside_caller`.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hermipy import functions
from hermipy.arch import ARCHS
from hermipy.arch.base import Add, Constant, Flow, Load, PcRelative

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hermipy.arch.base import Arch, Insn
    from hermipy.elf import Elf

    Addresses = npt.NDArray[np.int64]

CALLED_THROUGH_POINTER = "called through a pointer"
_RETURN_BUDGET = 20_000
_DEPTH_LIMIT = 100
_REFERENCE_REACH = 48
_USE_BUDGET = 1_000
_NUMBER_REACH = 8
_FINAL = (93, 94, 139)  # exit, exit_group, rt_sigreturn
_RESULTS = 1  # a function's address as the second half of a result is not known to exist
_PAGE = 4096  # adrp; RISC-V low parts reach half of it
_CALLS = (Flow.CALL, Flow.INDIRECT_CALL)
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
    """The register that then holds the address, or what was loaded from there; -1 after a store."""
    offset: int | None
    """Offset from the base for a memory access; None: the address itself is in the register."""


class Analysis:
    """The code of one file. Addresses are as linked."""

    def __init__(self, elf: Elf) -> None:
        self.elf = elf
        self.arch: Arch = ARCHS[elf.arch]
        self.witnesses = functions.witnesses(elf)
        self.ranges = functions.code_ranges(elf, self.witnesses)
        self._range_starts = [code.address for code in self.ranges]
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
        at = bisect_right(self._range_starts, address) - 1
        return self.ranges[at] if at >= 0 and address < self.ranges[at].end else None

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

    def end_of(self, function: int) -> int:
        """Return where the next function starts, or the code ends."""
        code = self.range_of(function)
        at = int(np.searchsorted(self.functions, function, side="right"))
        end = code.end if code else function
        return min(end, int(self.functions[at])) if at < len(self.functions) else end

    def is_start(self, address: int) -> bool:
        """Return whether an instruction starts there."""
        at = int(np.searchsorted(self.starts, address))
        return at < len(self.starts) and bool(self.starts[at] == address)

    def is_function(self, address: int) -> bool:
        """Return whether a function starts there."""
        at = int(np.searchsorted(self.functions, address))
        return at < len(self.functions) and bool(self.functions[at] == address)

    def is_certain_function(self, address: int) -> bool:
        """Return whether a table of the file says that a function starts there."""
        starts = self.witnesses.starts
        at = int(np.searchsorted(starts, address))
        return at < len(starts) and bool(starts[at] == address)

    def is_go(self, address: int) -> bool:
        """Return whether Go's compiler made the code at an address; a cgo program holds C's as well."""
        return address in self.witnesses.go_text

    def preserved(self, call: int) -> int:
        """Return the registers that a call's caller may rely on."""
        return self.arch.go_preserved if self.is_go(call) else self.arch.preserved

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

    def entries_from_outside(self, function: int) -> list[int]:
        """Return the jumps from other functions to anywhere in a function, and what falls into it: tail calls, cold parts."""
        end = self.end_of(function)
        sources = self._jumps.into_range(function, end)
        previous = self.before(function)
        if previous is not None and self._falls_into(previous):
            sources.append(previous)
        return [source for source in sources if not function <= source < end]

    def incoming(self, address: int) -> Iterator[tuple[int, Edge]]:
        """Yield every known way to an instruction: (the instruction before it, how)."""
        previous = self.before(address)
        if previous is not None and self._falls_into(previous):
            yield previous, Edge.FALL
        for source in self.jumpers(address):
            yield source, Edge.JUMP
        for source in self.callers(address):
            yield source, Edge.CALL

    def _falls_into(self, previous: int) -> bool:
        """Return whether control may come from an instruction to the one behind it."""
        insn = self.insn(previous)
        if insn is None:
            return False
        if insn.flow in _CALLS:
            return self.comes_back(previous, insn)
        if not self._goes_on(previous, insn):
            return False
        return not insn.is_filler or self._is_entered(previous)

    def ends_thread(self, site: int) -> bool:
        """Return whether a site certainly does not come back: exit, exit_group or rt_sigreturn just before it."""
        at: int | None = site
        for _ in range(_NUMBER_REACH):
            if at is None or self.jumpers(at):
                return False
            at = self.before(at)
            insn = None if at is None else self.insn(at)
            if insn is None or insn.flow is not Flow.NEXT:
                return False
            if insn.writes >> self.arch.number & 1:
                return any((self.arch.number, Constant(last)) in insn.defs for last in _FINAL)
        return False

    def _goes_on(self, address: int, insn: Insn) -> bool:
        """Return whether an instruction other than a call may be followed by the next one."""
        if insn.flow is Flow.SYSCALL:
            return not self.ends_thread(address)
        return insn.flow not in _ENDS and not self._is_padding(address, insn)

    def _is_padding(self, address: int, insn: Insn) -> bool:
        """Return whether a nop fills the space before a function.

        It may also be a call of a weak function that no one defined, which AArch64's linkers turn into a nop: glibc's
        way out of a cancelled thread. Nothing is meant to run through it either.
        """
        return insn.is_filler and self.is_certain_function(address + insn.size)

    def _is_entered(self, filler: int) -> bool:
        """Return whether anything leads into a nop; padding behind a function's end leads nowhere."""
        at: int | None = filler
        while at is not None:
            insn = self.insn(at)
            if insn is None or insn.flow in _ENDS:
                return False
            if not insn.is_filler:
                return self._falls_into(at)
            if self.is_function(at) or self.jumpers(at):
                return True
            at = self.before(at)
        return False

    def comes_back(self, call: int, insn: Insn) -> bool:
        """Return whether control may come back to the instruction behind a call."""
        if self.is_certain_function(call + insn.size):
            return False  # the next function starts there: the compiler knew that it does not
        target = self.target(call, insn)
        return target is None or self.returns(target)

    def returns(self, function: int) -> bool:
        """Return whether a function may come back to its caller; unknown code does."""
        if function not in self._returns:
            self._find_returns(function, set())
        return self._returns.get(function, True)

    def _find_returns(self, function: int, pending: set[int]) -> bool:
        """Decide `returns` by a walk; functions in `pending` are being decided further up and add no return of their own.

        A negative answer that leaned on a pending function is not kept, except at the top.
        """
        if len(pending) > _DEPTH_LIMIT:
            return True
        pending.add(function)
        leaned = False
        todo, seen, answer = [function], {function}, False
        while todo and not answer:
            address = todo.pop()
            insn = self.insn(address)
            if insn is None or len(seen) > _RETURN_BUDGET or self._leaves(address, insn):
                answer = True
                break
            after, leaning = self._after(address, insn, function, pending)
            leaned = leaned or leaning
            fresh = [a for a in after if a not in seen]
            seen.update(fresh)
            todo += fresh
        pending.discard(function)
        if answer or not leaned or not pending:
            self._returns[function] = answer
        return answer

    def _leaves(self, address: int, insn: Insn) -> bool:
        """Return whether an instruction goes back to the caller, or where no one knows."""
        unknown = insn.flow is Flow.INDIRECT_JUMP and self.target(address, insn) is None
        return unknown or insn.flow is Flow.RETURN

    def _after(
        self, address: int, insn: Insn, function: int, pending: set[int]
    ) -> tuple[list[int], bool]:
        """Return (where control goes, whether that leans on a pending function)."""
        target, following = self.target(address, insn), address + insn.size
        if insn.flow in _CALLS and target is not None and not self.is_certain_function(following):
            if target in pending:
                return [], target != function
            if target in self._returns:
                return [following] if self._returns[target] else [], False
            if self._find_returns(target, pending):
                return [following], False
            return [], target not in self._returns
        after = []
        if insn.flow in (Flow.JUMP, Flow.BRANCH, Flow.INDIRECT_JUMP) and target is not None:
            after.append(target)
        ends_here = insn.flow in _CALLS and self.is_certain_function(following)
        if self._goes_on(address, insn) and not ends_here:
            after.append(following)
        return after, False

    def outside_caller(self, function: int) -> str | None:
        """Return why a function may be called from where no direct call is seen; None when it cannot."""
        if function == self.elf.entry:
            return "the entry point"
        if function in self.witnesses.exported:
            return "exported"
        if function not in self._taken:
            self._taken[function] = self._is_taken(function)
        return CALLED_THROUGH_POINTER if self._taken[function] else None

    def _is_taken(self, function: int) -> bool:
        """Return whether an address goes anywhere but into a comparison.

        libc compares the interrupted pc with the bounds of its cancellation point, through the GOT in a shared object.
        """
        if any(self._is_used(r.address, r.register) for r in self.references(function)):
            return True
        return any(self._is_loaded_for_use(place) for place in self._places_with(function))

    def _is_loaded_for_use(self, place: int) -> bool:
        """Return whether an address that lies in a word of memory is used; a word that no code names is a table's."""
        loads = list(self.references(place))
        return not loads or any(self._is_used(load.address, load.register) for load in loads)

    def _is_used(self, address: int, register: int) -> bool:
        """Return whether a register is read by anything but a comparison after the instruction that fills it."""
        first = self.insn(address)
        todo = [address + first.size] if first else []
        seen = set(todo)
        while todo:
            at = todo.pop()
            insn = self.insn(at)
            if insn is None or len(seen) > _USE_BUDGET:
                return True
            if insn.reads >> register & 1 and not self._is_harmless(at, insn, register):
                return True
            if insn.flow in _CALLS or insn.flow in (Flow.RETURN, Flow.INDIRECT_JUMP):
                passed = self.arch.arguments[: _RESULTS if insn.flow is Flow.RETURN else None]
                if register in passed or self.preserved(at) >> register & 1:
                    return True
                continue
            if insn.kills >> register & 1 or insn.flow is Flow.STOP:
                continue
            target = self.target(at, insn)
            after = [target] if target is not None else []
            after += [at + insn.size] if insn.flow is not Flow.JUMP else []
            todo += [place for place in after if place not in seen]
            seen.update(after)
        return False

    def _is_harmless(self, address: int, insn: Insn, register: int) -> bool:
        """Return whether an instruction does not use the address in a register: a comparison, or the step to another address."""
        if insn.is_comparison:
            return True
        if insn.target == register and self.target(address, insn) is not None:
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
        yield from self.elf.relocations_to(value)
        if self.elf.position_independent:
            return
        pattern = value.to_bytes(8, "little")
        for load in self.elf.loads:
            end = load.offset + load.file_size
            at = self.elf.data.find(pattern, load.offset, end)
            while at >= 0:
                if at % 4 == 0:
                    yield load.address + at - load.offset
                at = self.elf.data.find(pattern, at + 1, end)

    def address_builders(self, address: int, distance: int) -> list[int]:
        """Return the instructions that begin to build an address at most `distance` bytes away."""
        near = np.flatnonzero(np.abs(self.high_to - address) < distance)
        found: list[int] = self.high_from[near].tolist()
        return found

    def references(self, address: int) -> Iterator[Reference]:
        """Yield the instructions that build an address in a register or access memory there, pc-relative or absolute."""
        for source in self.address_builders(address, _PAGE):
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
        elif isinstance(value, Load) and value.base == register and value.offset == distance:
            yield Reference(at, result, distance)
    for store in insn.stores:
        if store.base == register and store.offset == distance:
            yield Reference(at, -1, distance)


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
        return self.into_range(address, address + 1)

    def into_range(self, start: int, end: int) -> list[int]:
        low, high = np.searchsorted(self._to, [start, end])
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
