"""Code as arrays: every instruction of a file decoded once, and the addresses that it builds.

What is odd: an address is built in two instructions that may stand far apart, in two blocks. So the
first half is followed forwards, block by block, to where its register is overwritten; each
instruction in between that adds to the register, or reads memory at it, completes an address. What
is not seen to overwrite a register does not: a pair too many only adds an edge to the graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hermipy.analysis import CALLS
from hermipy.arch.base import Add, Constant, Flow, Load, PcRelative

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from hermipy.analysis import Analysis
    from hermipy.arch.base import Insn

    Integers = npt.NDArray[np.int64]

_POINTER = 8
_REGISTERS = 64
_PAGE = 4096
_SHORT = 2  # bytes of a compressed instruction
_LONG = 3  # the low bits of one that is not


class Rows(NamedTuple):
    """Facts about instructions: position in `Code.places`, register in, register out, number."""

    at: Integers
    source: Integers
    dest: Integers
    number: Integers


@dataclass(frozen=True, eq=False)
class Code:
    """All instructions of one file in address order; `at` is always a position in `places`."""

    analysis: Analysis
    places: Integers
    words: npt.NDArray[np.uint32]

    @cached_property
    def _decoded(self) -> tuple[list[Insn], npt.NDArray[np.intp]]:
        unique, index = np.unique(self.words, return_inverse=True)
        decode = self.analysis.arch.decode
        return [decode(word) for word in unique.tolist()], index

    @cached_property
    def flows(self) -> npt.NDArray[np.int8]:
        """Flow.value of each instruction."""
        insns, index = self._decoded
        return np.array([insn.flow.value for insn in insns], np.int8)[index]

    @cached_property
    def kills(self) -> npt.NDArray[np.uint64]:
        """The registers that each instruction certainly overwrites, a mask."""
        insns, index = self._decoded
        results = sum(1 << register for register in self.analysis.arch.arguments[:2])
        made = [
            (insn.kills | (results if insn.flow in CALLS else 0)) & (1 << _REGISTERS) - 1
            for insn in insns
        ]
        return np.array(made, np.uint64)[index]

    @cached_property
    def escapes(self) -> Rows:
        """Instructions that hand a register's value on: to memory, a call, arithmetic."""
        return self._rows(
            (which, register, -1, 0)
            for which, insn in enumerate(self._decoded[0])
            for register in _registers(self._escaping(insn))
        )

    def _escaping(self, insn: Insn) -> int:
        """What it reads, but for addresses of memory accesses and what `sums` follows."""
        arch = self.analysis.arch
        if insn.flow in (*CALLS, Flow.INDIRECT_JUMP, Flow.SYSCALL):
            return sum(1 << register for register in arch.arguments)
        if insn.flow is Flow.RETURN:
            return sum(1 << register for register in arch.arguments[:2])
        if insn.is_comparison:
            return 0
        followed = 0
        for _, value in insn.defs:
            if isinstance(value, Load):
                followed |= 1 << value.base
            elif isinstance(value, Add) and value.width == _POINTER:
                followed |= 1 << value.source
        kept = 0
        for store in insn.stores:
            followed |= 1 << store.base
            kept |= 1 << store.source if store.source >= 0 else 0
        return (insn.reads & ~followed | kept) & (1 << _REGISTERS) - 1

    def _rows(self, facts: Iterable[tuple[int, int, int, int]]) -> Rows:
        """Facts about unique instructions, (which, source, dest, number), for all occurrences."""
        listed = np.array(list(facts), dtype=np.int64).reshape(-1, 4)
        order, places = self._occurrences
        first, last = places[listed[:, 0]], places[listed[:, 0] + 1]
        counts = last - first
        offset = np.repeat(first - np.cumsum(counts) + counts, counts)
        at = order[offset + np.arange(len(offset))]
        return Rows(at, *(np.repeat(listed[:, column], counts) for column in (1, 2, 3)))

    @cached_property
    def _occurrences(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """All positions by unique instruction, and where each one's begin."""
        insns, index = self._decoded
        order = np.argsort(index, kind="stable")
        return order, np.searchsorted(index[order], np.arange(len(insns) + 1))

    def _defined(self, kind: type) -> Iterator[tuple[int, int, Any]]:
        for which, insn in enumerate(self._decoded[0]):
            for dest, value in insn.defs:
                if isinstance(value, kind):
                    yield which, dest, value

    @cached_property
    def sums(self) -> Rows:
        """Instructions that add a number to a register, or copy it."""
        return self._rows(
            (which, value.source, dest, value.addend)
            for which, dest, value in self._defined(Add)
            if value.width == _POINTER
        )

    @cached_property
    def loads(self) -> Rows:
        """Instructions that load a register."""
        return self._rows(
            (which, value.base, dest, value.offset) for which, dest, value in self._defined(Load)
        )

    @cached_property
    def firsts(self) -> Rows:
        """Instructions that set a register to an address or the first half of one."""
        relative = self._rows(
            (which, value.page, dest, value.offset)
            for which, dest, value in self._defined(PcRelative)
        )
        base = self.places[relative.at] & -relative.source
        relative = relative._replace(number=base + relative.number)
        absolute = self._rows(
            (which, 0, dest, value.value)
            for which, dest, value in self._defined(Constant)
            if value.value in self._absolute
        )
        return Rows(*(np.concatenate(pair) for pair in zip(relative, absolute, strict=True)))

    @cached_property
    def _absolute(self) -> range:
        """The numbers that may be addresses."""
        loads = self.analysis.elf.loads
        if self.analysis.elf.position_independent:
            return range(0)
        return range(loads[0].address & -_PAGE, loads[-1].address + loads[-1].memory_size + _PAGE)

    @cached_property
    def functions(self) -> Integers:
        """The function that holds each instruction: its number in `analysis.functions`, or -1."""
        return np.searchsorted(self.analysis.functions, self.places, side="right") - 1


def _registers(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def read(analysis: Analysis) -> Code:
    """The instructions of a file."""
    words = []
    for code in analysis.ranges:
        low, high = np.searchsorted(analysis.starts, [code.address, code.end])
        raw = np.frombuffer(code.data + bytes(4), dtype=np.uint8).astype(np.uint32)
        at = analysis.starts[low:high] - code.address
        words.append(raw[at] | raw[at + 1] << 8 | raw[at + 2] << 16 | raw[at + 3] << 24)
    joined = np.concatenate([np.empty(0, np.uint32), *words])
    if analysis.arch.alignment == _SHORT:
        joined = np.where(joined & _LONG == _LONG, joined, joined & 0xFFFF).astype(np.uint32)
    return Code(analysis, analysis.starts, joined)
