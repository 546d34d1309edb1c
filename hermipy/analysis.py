"""One file's code, ready to be walked in both directions: shared by scan, resolve and liveness.

The tables (instruction starts, branches, calls) are made once with numpy; instructions are decoded
when a walk meets them. A walk back over `incoming` edges needs every way into an instruction: the
one before it, direct branches, and for a function its callers. What may come from elsewhere
(address taken, exported) is `outside_caller`.
"""

from __future__ import annotations

from bisect import bisect_right
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hermipy import functions
from hermipy.arch import ARCHS
from hermipy.arch.base import Constant, Flow
from hermipy.references import References

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from hermipy.arch.base import Arch, Insn
    from hermipy.elf import Elf

    Addresses = npt.NDArray[np.int64]

_RETURN_BUDGET = 20_000
_DEPTH_LIMIT = 100
_NUMBER_REACH = 8
_DESCRIBED = 0.9  # of the code: then the rest is the linker's
_FINAL = (93, 94, 139)  # exit, exit_group, rt_sigreturn
CALLS = (Flow.CALL, Flow.INDIRECT_CALL)
_ENDS = (Flow.JUMP, Flow.INDIRECT_JUMP, Flow.RETURN, Flow.STOP)


class Edge(Enum):
    """How control came from one instruction to another."""

    FALL = auto()
    JUMP = auto()
    CALL = auto()


class Analysis:
    """The code of one file. Addresses are as linked."""

    def __init__(self, elf: Elf) -> None:
        self.elf = elf
        self.arch: Arch = ARCHS[elf.arch]
        self.witnesses = functions.witnesses(elf)
        self.ranges = functions.code_ranges(elf)
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
        self.references = References(self)

    def _function_starts(self) -> Addresses:
        """Return all function starts.

        Those of the tables, called ones, those whose address a relocation stores, and the linker's
        stubs: what is jumped to from another section, or where the unwind table knows nothing.
        """
        values = self.elf.relocated_values
        stored = values[values < 1 << 62].astype(np.int64)
        source, target = self._jumps.both
        bounds = np.array(self._range_starts, dtype=np.int64)
        far = np.searchsorted(bounds, source, "right") != np.searchsorted(bounds, target, "right")
        known = np.array(sorted(self.witnesses.unwind_ranges), dtype=np.int64).reshape(-1, 2)
        ends = known.sum(axis=1)
        if known[:, 1].sum() < _DESCRIBED * sum(len(code.data) for code in self.ranges):
            ends = ends[:0]  # a program of which only libc's part has an unwind table
        else:
            far |= target >= ends[np.searchsorted(known[:, 0], target, "right") - 1]
        entered = np.concatenate([self._calls.targets, target[far], ends])
        candidates = np.union1d(self.witnesses.starts, np.union1d(entered, stored))
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
        """Return the start of the function that holds an address.

        None when none is known before it.
        """
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
        """Return whether Go's compiler made the code at an address.

        A cgo program holds C's as well.
        """
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

    @property
    def jump_edges(self) -> tuple[Addresses, Addresses]:
        """All direct jumps and branches: (from, to)."""
        return self._jumps.both

    @property
    def call_edges(self) -> tuple[Addresses, Addresses]:
        """All direct calls: (from, to)."""
        return self._calls.both

    def entries_from_outside(self, function: int) -> list[int]:
        """Return the jumps from other functions to anywhere in a function, and what falls into it.

        Tail calls, cold parts.
        """
        end = self.end_of(function)
        sources = self._jumps.into_range(function, end)
        previous = self.before(function)
        if previous is not None and self.falls_into(previous):
            sources.append(previous)
        return [source for source in sources if not function <= source < end]

    def incoming(self, address: int) -> Iterator[tuple[int, Edge]]:
        """Yield every known way to an instruction: (the instruction before it, how)."""
        previous = self.before(address)
        if previous is not None and self.falls_into(previous):
            yield previous, Edge.FALL
        for source in self.jumpers(address):
            yield source, Edge.JUMP
        for source in self.callers(address):
            yield source, Edge.CALL

    def falls_into(self, previous: int) -> bool:
        """Return whether control may come from an instruction to the one behind it."""
        insn = self.insn(previous)
        if insn is None:
            return False
        if insn.flow in CALLS:
            return self.comes_back(previous, insn)
        if not self._goes_on(previous, insn):
            return False
        return not insn.is_filler or self._is_entered(previous)

    def ends_thread(self, site: int) -> bool:
        """Return whether a site certainly does not come back: exit, exit_group or rt_sigreturn."""
        return self.number_before(site) in _FINAL

    def number_before(self, site: int) -> int | None:
        """Return the number that the straight code right before a site loads.

        None when it loads none there.
        """
        at: int | None = site
        for _ in range(_NUMBER_REACH):
            if at is None or self.jumpers(at):
                return None
            at = self.before(at)
            insn = None if at is None else self.insn(at)
            if insn is None or insn.flow is not Flow.NEXT:
                return None
            if insn.writes >> self.arch.number & 1:
                values = [value for dest, value in insn.defs if dest == self.arch.number]
                return next((v.value for v in values if isinstance(v, Constant)), None)
        return None

    def reachable(self, start: int) -> set[int]:
        """Return all instructions that direct jumps and calls lead to from one."""
        todo, seen = [start], {start}
        while todo:
            address = todo.pop()
            insn = self.insn(address)
            if insn is None:
                continue
            target = self.target(address, insn)
            after = [target] if target is not None else []
            if insn.flow in CALLS or self._goes_on(address, insn):
                after.append(address + insn.size)
            fresh = [place for place in after if place not in seen]
            seen.update(fresh)
            todo += fresh
        return seen

    def _goes_on(self, address: int, insn: Insn) -> bool:
        """Return whether an instruction other than a call may be followed by the next one."""
        if insn.flow is Flow.SYSCALL:
            return not self.ends_thread(address)
        return insn.flow not in _ENDS and not self._is_padding(address, insn)

    def _is_padding(self, address: int, insn: Insn) -> bool:
        """Return whether a nop fills the space before a function.

        It may also be a call of a weak function that no one defined, which AArch64's linkers turn
        into a nop: glibc's way out of a cancelled thread. Nothing is meant to run through it
        either.
        """
        return insn.is_filler and self.is_certain_function(address + insn.size)

    def _is_entered(self, filler: int) -> bool:
        """Return whether anything leads into a nop; behind a function's end nothing does."""
        at: int | None = filler
        while at is not None:
            insn = self.insn(at)
            if insn is None or insn.flow in _ENDS:
                return False
            if not insn.is_filler:
                return self.falls_into(at)
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
        """Decide `returns` by a walk.

        Functions in `pending` are being decided further up and add no return of their own.

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
        if insn.flow in CALLS and target is not None and not self.is_certain_function(following):
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
        ends_here = insn.flow in CALLS and self.is_certain_function(following)
        if self._goes_on(address, insn) and not ends_here:
            after.append(following)
        return after, False

    def address_builders(self, address: int, distance: int) -> list[int]:
        """Return the instructions that begin to build an address at most `distance` bytes away."""
        near = np.flatnonzero(np.abs(self.high_to - address) < distance)
        found: list[int] = self.high_from[near].tolist()
        return found


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

    @property
    def both(self) -> tuple[Addresses, Addresses]:
        return self._from, self._from_to

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
