"""One question, "what is in this register here?", walked backwards to every answer.

A state is a place in the program and what is asked there: a register, or bytes of memory at a register's address (a stack
slot, a field). Stepping over an instruction turns it into another question, or into an answer. States repeat in loops, so the walk
is a search over a finite graph; operations met on the way (an addition, a truncation) wait in `pending` until a constant comes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hermipy.analysis import Edge
from hermipy.arch.base import (
    MASK64,
    Add,
    Choice,
    Constant,
    Flow,
    Insert,
    Load,
    PcRelative,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.analysis import Analysis
    from hermipy.arch.base import Insn, Value

_STATE_BUDGET = 20_000
_PENDING_LIMIT = 8
_NUMBER_LIMIT = 512


@dataclass(frozen=True, slots=True)
class Memory:
    """`size` bytes at a register's address plus offset."""

    base: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Operation:
    """Something to do with the value once it is known."""

    addend: int = 0
    width: int = 8
    signed: bool = False
    keep_mask: int = MASK64
    insert: int = 0
    shift: int = 0

    def apply(self, value: int) -> int:
        """Return the result as an unsigned 64-bit value."""
        value = ((value >> self.shift) & self.keep_mask | self.insert) + self.addend
        bits = self.width * 8
        value &= (1 << bits) - 1
        if self.signed and value >> (bits - 1):
            value -= 1 << bits
        return value & MASK64


@dataclass(frozen=True, slots=True)
class State:
    """What is asked, just before the instruction at `address` runs."""

    address: int
    what: int | Memory
    pending: tuple[Operation, ...] = ()
    through_pointer: bool = False


class _UnresolvedError(Exception):
    """A way that ends without a constant; its argument is the reason."""


class Search:
    """The walk for one site. After `run`: `values` if `reason` is None."""

    def __init__(self, analysis: Analysis, site: int) -> None:
        self.analysis = analysis
        self.arch = analysis.arch
        self.site = site
        self.values: set[int] = set()
        self.reason: str | None = None
        self.through_pointer = False
        self._callers: set[int] = set()
        self._depth = 0
        self._jumped = False

    def run(self) -> None:
        """Walk until every way has its answer, or one has none."""
        try:
            self._walk(State(self.site, self.arch.number))
        except _UnresolvedError as problem:
            self.reason = str(problem)

    def evidence(self) -> str:
        """Return how the values were found."""
        if self._callers:
            plural = "" if len(self._callers) == 1 else "s"
            return f"wrapper: {len(self._callers)} caller{plural}, depth {self._depth}"
        return "flow" if self._jumped else "block"

    def _walk(self, first: State) -> None:
        todo = deque([(first, 0)])
        seen = {first}
        while todo:
            state, depth = todo.popleft()
            if len(seen) > _STATE_BUDGET or len(self.values) > _NUMBER_LIMIT:
                raise _UnresolvedError("too many ways lead here")
            for after, deeper in self._back(state):
                if after not in seen:
                    seen.add(after)
                    todo.append((after, depth + deeper))
                    self._depth = max(self._depth, depth + deeper)

    def _back(self, state: State) -> Iterator[tuple[State, int]]:
        """Yield the questions that answer this one; the number says whether the step went to a caller."""
        analysis = self.analysis
        entered = analysis.is_function(state.address)
        if entered:
            self._check_outside(state)
        ways = list(analysis.incoming(state.address))
        if not ways and not entered and not self._is_padding(state.address):
            raise _UnresolvedError(f"{state.address:#x} is reached in a way that is not seen")
        for source, edge in ways:
            insn = analysis.insn(source)
            if insn is None:
                continue
            outward = entered and (edge is Edge.CALL or self._is_tail_call(source, state.address, edge))
            if outward:
                self._callers.add(source)
            elif edge is Edge.JUMP:
                self._jumped = True
            for after in self._over(replace(state, address=source), insn, edge):
                yield after, int(outward)

    def _is_tail_call(self, source: int, address: int, edge: Edge) -> bool:
        return edge is Edge.JUMP and self.analysis.function_of(source) != address

    def _is_padding(self, address: int) -> bool:
        """Return whether nothing leads to an instruction because it only fills space."""
        insn = self.analysis.insn(address)
        return insn is None or insn.flow is Flow.STOP or (
            insn.flow is Flow.NEXT and not (insn.reads or insn.writes or insn.stores)
        )

    def _check_outside(self, state: State) -> None:
        why = self.analysis.outside_caller(state.address)
        if why is None:
            return
        if isinstance(state.what, int) and state.what in self.arch.arguments:
            what = f"argument {self.arch.arguments.index(state.what)}"
        elif isinstance(state.what, Memory):
            what = "memory of the caller"
        else:
            what = "a register of the caller"
        raise _UnresolvedError(f"the number is {what} of the function at {state.address:#x}, which is {why}")

    def _over(self, state: State, insn: Insn, edge: Edge) -> Iterator[State]:
        """Yield the questions before an instruction that answer the one after it."""
        if edge is Edge.FALL and insn.flow in (Flow.CALL, Flow.INDIRECT_CALL):
            yield self._over_call(state, insn)
        elif isinstance(state.what, Memory):
            yield from self._over_memory(state, state.what, insn)
        elif not insn.writes >> state.what & 1:
            yield state
        else:
            value = next((value for dest, value in insn.defs if dest == state.what), None)
            yield from self._from_value(state, value)

    def _over_call(self, state: State, insn: Insn) -> State:
        register = state.what.base if isinstance(state.what, Memory) else state.what
        kept = self.analysis.preserved
        if insn.link == self.arch.extra_link and not self.analysis.is_go:
            # Millicode (-msave-restore) moves sp and keeps the arguments.
            kept = kept & ~(1 << self.arch.stack) | sum(1 << r for r in self.arch.arguments)
        if not kept >> register & 1:
            raise _UnresolvedError(f"the number comes out of the call at {state.address:#x}")
        if isinstance(state.what, Memory) and register != self.arch.stack:
            return replace(state, through_pointer=True)
        return state

    def _from_value(self, state: State, value: Value | None) -> Iterator[State]:
        """Yield the questions for a register that an instruction has computed, or take the constant."""
        match value:
            case Constant(number):
                self._answer(state, number)
            case Add(source, addend, width, signed):
                if source == self.arch.stack:
                    raise _UnresolvedError(f"an address reaches the number register at {state.address:#x}")
                identity = addend == 0 and width == 8  # noqa: PLR2004 (a move)
                yield self._ask(state, source, None if identity else Operation(addend, width, signed))
            case Insert(source, bits, shift):
                keep = MASK64 & ~(0xFFFF << shift)
                yield self._ask(state, source, Operation(keep_mask=keep, insert=bits << shift))
            case Choice(first, second, addend):
                yield self._ask(state, first, None)
                yield self._ask(state, second, Operation(addend) if addend else None)
            case Load(base, offset, size, signed):
                operation = None if size == 8 else Operation(width=size, signed=signed)  # noqa: PLR2004
                yield self._ask(state, Memory(base, offset, size), operation)
            case PcRelative():
                raise _UnresolvedError(f"an address reaches the number register at {state.address:#x}")
            case _:
                raise _UnresolvedError(f"the number is computed at {state.address:#x}")

    def _over_memory(self, state: State, what: Memory, insn: Insn) -> Iterator[State]:
        before = self._rebase(state, what, insn)
        for store in insn.stores:
            if store.base != before.base:
                if self.arch.stack not in (store.base, before.base):
                    state = replace(state, through_pointer=True)
                continue
            inside = before.offset - store.offset
            if inside <= -before.size or inside >= store.size:
                continue
            if inside < 0 or inside + before.size > store.size or store.source < 0:
                raise _UnresolvedError(f"the number's memory is partly written at {state.address:#x}")
            whole = inside == 0 and before.size == 8  # noqa: PLR2004 (a register)
            operation = None if whole else Operation(width=before.size, shift=inside * 8)
            if store.source == self.arch.zero:
                self._answer(state, 0)
            else:
                yield self._ask(state, store.source, operation)
            return
        yield replace(state, what=before)

    def _rebase(self, state: State, what: Memory, insn: Insn) -> Memory:
        """Return the same memory in terms of the registers before an instruction."""
        if not insn.writes >> what.base & 1:
            return what
        value = next((value for dest, value in insn.defs if dest == what.base), None)
        if isinstance(value, Add) and value.width == 8:  # noqa: PLR2004 (an address)
            return Memory(value.source, what.offset + value.addend, what.size)
        raise _UnresolvedError(f"the number is read from memory at {state.address:#x}")

    def _ask(self, state: State, what: int | Memory, operation: Operation | None) -> State:
        if isinstance(what, int) and what == self.arch.zero:
            raise _UnresolvedError(f"the number is computed at {state.address:#x}")
        pending = state.pending if operation is None else (*state.pending, operation)
        if len(pending) > _PENDING_LIMIT:
            raise _UnresolvedError("the number is counted in a loop")
        return replace(state, what=what, pending=pending)

    def _answer(self, state: State, number: int) -> None:
        for operation in reversed(state.pending):
            number = operation.apply(number)
        self.values.add(number & MASK64)
        self.through_pointer = self.through_pointer or state.through_pointer
