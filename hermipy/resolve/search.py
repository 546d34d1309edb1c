"""One question, "what is in this register here?", walked backwards to every answer.

A state is a place in the program and what is asked there: a register, or bytes of memory at a
register's address (a stack slot, a field). Stepping over an instruction turns it into another
question, or into an answer. States repeat in loops, so the walk is a search over a finite graph;
operations met on the way (an addition, a truncation) wait in `pending` until a constant comes.
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
from hermipy.elf import PF_W
from hermipy.references import CALLED_THROUGH_POINTER, EXPORTED
from hermipy.resolve import pointers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.analysis import Analysis
    from hermipy.arch.base import Insn, Value
    from hermipy.resolve.tables import Tables

_REGISTER_SIZE = 8
_STATE_BUDGET = 20_000
_PENDING_LIMIT = 8
_NUMBER_LIMIT = 512
SOMETHING = 1
"""What `NullSearch` gives for a pointer that is not known to be null."""
_OBJECT_LIMIT = 256  # bytes: a struct that is passed by address


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
    """The walk for one site; any register but the number's is an argument's.

    After `run`: `origins` if `reason` is None.
    """

    def __init__(
        self, analysis: Analysis, tables: Tables, site: int, register: int | None = None
    ) -> None:
        self.analysis = analysis
        self.tables = tables
        self.arch = analysis.arch
        self.site = site
        self._register = self.arch.number if register is None else register
        self.origins: dict[int, set[int]] = {}
        """Each number, with the instructions that set it."""
        self.reason: str | None = None
        self.through_pointer = False
        self.wrappers: set[int] = set()
        """Exported functions through which another object may name the number."""
        self.handed: set[tuple[int, int]] = set()
        """The same, each with the argument that it is."""
        self._callers: set[int] = set()
        self._depth = 0
        self._jumped = False

    def run(self) -> None:
        """Walk until every way has its answer, or one has none."""
        try:
            self._walk(State(self.site, self._register))
        except _UnresolvedError as problem:
            self.reason = str(problem)
            self.wrappers.clear()

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
            if len(seen) > _STATE_BUDGET or len(self.origins) > _NUMBER_LIMIT:
                raise _UnresolvedError("too many ways lead here")
            for after, deeper in self._back(state):
                if after not in seen:
                    seen.add(after)
                    todo.append((after, depth + deeper))
                    self._depth = max(self._depth, depth + deeper)

    def _back(self, state: State) -> Iterator[tuple[State, int]]:
        """Yield the questions that answer this one.

        The number says whether the step went to a caller.
        """
        analysis = self.analysis
        entered = analysis.is_function(state.address)
        ways = list(analysis.incoming(state.address))
        ways += [(jump, Edge.JUMP) for jump in self.tables.jumps_to(state.address)]
        if entered or not ways:
            why = analysis.references.outside_caller(state.address)
            if why is not None:
                yield from ((after, 1) for after in self._from_outside(state, why))
            elif not entered and not self._is_filler(state.address):
                raise _UnresolvedError(f"{state.address:#x} is reached in a way that is not seen")
        for source, edge in ways:
            insn = analysis.insn(source)
            if insn is None:
                continue
            outward = entered and (
                edge is Edge.CALL or self._is_tail_call(source, state.address, edge)
            )
            if outward:
                self._callers.add(source)
            elif edge is Edge.JUMP:
                self._jumped = True
            for after in self._over(replace(state, address=source), insn, edge):
                yield after, int(outward)

    def _is_tail_call(self, source: int, address: int, edge: Edge) -> bool:
        return edge is Edge.JUMP and self.analysis.function_of(source) != address

    def _is_filler(self, address: int) -> bool:
        """Return whether nothing leads to an instruction because it only fills space."""
        insn = self.analysis.insn(address)
        return insn is None or insn.flow is Flow.STOP or insn.is_filler

    def _from_outside(self, state: State, why: str) -> Iterator[State]:
        """Yield the question at the one place that passes this function's address on.

        If it asks for its argument's memory.

        musl's __synccall(callback, context) is such a place: the callback's argument is the call's
        second. A function that is only exported has no caller here: it is noted as a wrapper.
        """
        what, arguments = state.what, self.arch.arguments
        if isinstance(what, Memory) and what.base == arguments[0] and why == CALLED_THROUGH_POINTER:
            call = pointers.callback_call(self.analysis, state.address)
            if call is not None:
                self._callers.add(call)
                passed = replace(what, base=arguments[1])
                yield replace(state, address=call, what=passed, through_pointer=True)
                return
        if isinstance(what, int) and what in arguments:
            held = f"argument {arguments.index(what)}"
            if why == EXPORTED and not self.analysis.references.is_taken(state.address):
                self.wrappers.add(state.address)
                self.handed.add((state.address, arguments.index(what)))
                return
        else:
            held = (
                "memory of the caller" if isinstance(what, Memory) else "a register of the caller"
            )
        raise _UnresolvedError(
            f"the number is {held} of the function at {state.address:#x}, which is {why}"
        )

    def _over(self, state: State, insn: Insn, edge: Edge) -> Iterator[State]:
        """Yield the questions before an instruction that answer the one after it."""
        if edge is Edge.FALL and insn.flow in (Flow.CALL, Flow.INDIRECT_CALL):
            yield from self._over_call(state, insn)
        elif isinstance(state.what, Memory):
            yield from self._over_memory(state, state.what, insn)
        elif not insn.writes >> state.what & 1:
            yield state
        else:
            value = next((value for dest, value in insn.defs if dest == state.what), None)
            yield from self._from_value(state, value)

    def _over_call(self, state: State, insn: Insn) -> Iterator[State]:
        register = state.what.base if isinstance(state.what, Memory) else state.what
        kept = self.analysis.preserved(state.address)
        if insn.link == self.arch.extra_link and not self.analysis.is_go(state.address):
            # Millicode (-msave-restore) moves sp and keeps the arguments.
            kept = kept & ~(1 << self.arch.stack) | sum(1 << r for r in self.arch.arguments)
        if not kept >> register & 1:
            raise _UnresolvedError(f"the number comes out of the call at {state.address:#x}")
        if not isinstance(state.what, Memory):
            yield state
        elif register != self.arch.stack:
            yield replace(state, through_pointer=True)
        else:
            yield from self._over_call_on_stack(state, state.what)

    def _over_call_on_stack(self, state: State, what: Memory) -> Iterator[State]:
        """Carry a stack slot over a call, unless the call is given its address.

        Then it may have been written there.
        """
        if self.analysis.is_go(state.address):
            source, copy = (self._pointer(state, register) for register in self.arch.go_copy)
            inside = -1 if copy is None or not copy.on_stack else what.offset - copy.offset
            if source is not None and not source.on_stack and 0 <= inside < _OBJECT_LIMIT:
                yield from self._from_variable(state, source.offset + inside, what.size)
                return
        given = [self._pointer(state, register) for register in self.arch.arguments]
        near = [
            p for p in given if p and p.on_stack and 0 <= what.offset - p.offset < _OBJECT_LIMIT
        ]
        yield replace(state, through_pointer=True) if near else state

    def _pointer(self, state: State, register: int) -> pointers.Place | None:
        return pointers.pointer(self.analysis, state.address, register)

    def _from_variable(self, state: State, address: int, size: int) -> Iterator[State]:
        """Yield the questions for a variable at a fixed address: what each store to it stores."""
        segment = next(
            (s for s in self.analysis.elf.loads if s.address <= address < s.address + s.file_size),
            None,
        )
        if segment is not None and not segment.flags & PF_W:
            self._answer(state, int.from_bytes(self.analysis.elf.read(address, size), "little"))
            return
        trusted = self.analysis.is_go(
            state.address
        )  # its runtime keeps the number of a broadcast in a variable
        writes = list(pointers.writes(self.analysis, address, size))
        if not writes and not trusted:
            raise _UnresolvedError(f"the number is in the variable at {address:#x}")
        for write in writes:
            self._callers.add(write.address)
            at = replace(state, address=write.address, through_pointer=not trusted)
            yield from self._stored(at, write.source, write.inside, size)

    def _from_value(self, state: State, value: Value | None) -> Iterator[State]:
        """Yield the questions for a register that an instruction has computed.

        Or take the constant.
        """
        match value:
            case Constant(number):
                self._answer(state, number)
            case Add(source, addend, width, signed):
                if source == self.arch.stack:
                    raise _UnresolvedError(
                        f"an address reaches the number register at {state.address:#x}"
                    )
                identity = addend == 0 and width == _REGISTER_SIZE
                yield self._ask(
                    state, source, None if identity else Operation(addend, width, signed)
                )
            case Insert(source, bits, shift):
                keep = MASK64 & ~(0xFFFF << shift)
                yield self._ask(state, source, Operation(keep_mask=keep, insert=bits << shift))
            case Choice(first, second, addend):
                yield self._ask(state, first, None)
                yield self._ask(state, second, Operation(addend) if addend else None)
            case Load(base, offset, size, signed):
                operation = None if size == _REGISTER_SIZE else Operation(width=size, signed=signed)
                yield self._ask(state, Memory(base, offset, size), operation)
            case PcRelative(offset, page):
                self._take_address(state, (state.address & -page) + offset)
            case _:
                raise _UnresolvedError(f"the number is computed at {state.address:#x}")

    def _take_address(self, state: State, address: int) -> None:
        """Refuse an address: no number is one."""
        raise _UnresolvedError(
            f"an address ({address:#x}) reaches the number register at {state.address:#x}"
        )

    def _over_memory(self, state: State, what: Memory, insn: Insn) -> Iterator[State]:
        what = self._on_stack(state, what, insn)
        if insn.writes >> what.base & 1:
            value = next((value for dest, value in insn.defs if dest == what.base), None)
            if not (isinstance(value, Add) and value.width == _REGISTER_SIZE):
                yield from self._from_pointer(state, what, value)
                return
            what = Memory(value.source, what.offset + value.addend, what.size)
        for store in insn.stores:
            if store.base != what.base:
                if self.arch.stack not in (store.base, what.base):
                    state = replace(state, through_pointer=True)
                continue
            inside = what.offset - store.offset
            if inside <= -what.size or inside >= store.size:
                continue
            if inside < 0 or inside + what.size > store.size or store.source < 0:
                raise _UnresolvedError(
                    f"the number's memory is partly written at {state.address:#x}"
                )
            yield from self._stored(state, store.source, inside, what.size)
            return
        yield replace(state, what=what)

    def _stored(self, state: State, source: int, inside: int, size: int) -> Iterator[State]:
        """Yield the question for a stored register.

        Of which `size` bytes from byte `inside` on are asked.
        """
        whole = inside == 0 and size == _REGISTER_SIZE
        if source < 0:
            raise _UnresolvedError(f"the number's memory is written at {state.address:#x}")
        if source == self.arch.zero:
            self._answer(state, 0)
        else:
            yield self._ask(
                state, source, None if whole else Operation(width=size, shift=inside * 8)
            )

    def _on_stack(self, state: State, what: Memory, insn: Insn) -> Memory:
        """Return memory that a pointer into the own frame names in terms of sp.

        So that stores through sp meet it.
        """
        if what.base == self.arch.stack or insn.writes >> what.base & 1:
            return what
        place = self._pointer(state, what.base)
        if place is None or not place.on_stack:
            return what
        return Memory(self.arch.stack, place.offset + what.offset, what.size)

    def _from_pointer(self, state: State, what: Memory, value: Value | None) -> Iterator[State]:
        """Yield the questions for memory whose address an instruction computes or loads."""
        if isinstance(value, PcRelative | Constant):
            address = (
                value.value
                if isinstance(value, Constant)
                else (state.address & -value.page) + value.offset
            )
            yield from self._from_variable(state, address + what.offset, what.size)
            return
        if isinstance(value, Load):
            place = self._pointer(state, value.base)
            if place is not None and not place.on_stack:
                variable = place.offset + value.offset
                for write in pointers.writes(self.analysis, variable, value.size):
                    self._callers.add(write.address)
                    base = replace(what, base=write.source)
                    yield replace(state, address=write.address, what=base, through_pointer=True)
                return
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
        self.origins.setdefault(number & MASK64, set()).add(state.address)
        self.through_pointer = self.through_pointer or state.through_pointer


class AddressSearch(Search):
    """The walk for an argument that is the address of something constant."""

    def _take_address(self, state: State, address: int) -> None:
        self._answer(state, address)


class NullSearch(AddressSearch):
    """The walk for a pointer that may be null: what cannot be followed is something else."""

    def _back(self, state: State) -> Iterator[tuple[State, int]]:
        try:
            yield from super()._back(state)
        except _UnresolvedError:
            self._answer(replace(state, pending=()), SOMETHING)
