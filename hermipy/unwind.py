"""A backtrace from registers, a piece of stack and a program's unwind tables.

.eh_frame says for each instruction where the caller's registers lie (DWARF 5, section 6.4). Without
tables, a function's prologue says it where the architecture has one shape of it (riscv64), and a
frame pointer elsewhere: AAPCS64, section 6.4.6, puts x29 and x30 at x29.
"""

from __future__ import annotations

import bisect
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from elftools.common.exceptions import ELFError  # noqa: TID251  elf.py has no unwind tables
from elftools.dwarf.callframe import FDE  # noqa: TID251
from elftools.elf.elffile import ELFFile  # noqa: TID251

from hermipy.arch import riscv64_prologue

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_FRAMES = 32
_WORD = 8


@dataclass(frozen=True, slots=True)
class _Convention:
    """DWARF numbers of the registers that link frames, and how to do without tables."""

    sp: int
    ra: int
    fp: int | None = None
    prologue: Callable[[bytes], tuple[int, int | None] | None] | None = None


_CONVENTIONS = {
    "riscv64": _Convention(sp=2, ra=1, prologue=riscv64_prologue.frame),
    "aarch64": _Convention(sp=31, ra=30, fp=29),
}


@dataclass(frozen=True, slots=True)
class Program:
    """What a backtrace asks about the program and its libraries, by addresses at run time."""

    tables: Callable[[int], Tables | None]
    """The unwind tables of the object that holds an address."""
    linked: Callable[[int], int | None]
    """The address as that object's file has it, None outside of code."""
    code_before: Callable[[int], bytes | None]
    """The code from its function's start up to an address; None: not known."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a thread stands: pc, registers by DWARF number, and (address, bytes) of its stack."""

    pc: int
    registers: dict[int, int]
    stack: tuple[int, bytes]

    def word(self, address: int) -> int | None:
        """Eight bytes of the stack, when they were sent along."""
        start, data = self.stack
        if not start <= address <= start + len(data) - _WORD:
            return None
        return int.from_bytes(data[address - start :][:_WORD], "little")


class Tables:
    """The unwind tables of one object."""

    def __init__(self, data: bytes) -> None:
        self._entries = _entries(data)
        self._starts = [entry["initial_location"] for entry in self._entries]

    def row(self, address: int) -> dict[Any, Any] | None:
        """The rules at a linked address: `cfa` and per-register rules."""
        at = bisect.bisect_right(self._starts, address) - 1
        if at < 0:
            return None
        entry = self._entries[at]
        if address >= entry["initial_location"] + entry["address_range"]:
            return None
        rows = [row for row in entry.get_decoded().table if row["pc"] <= address]
        return dict(rows[-1]) if rows else None


def backtrace(state: State, arch: str, program: Program) -> list[int]:
    """The program counters from the innermost frame outwards."""
    convention = _CONVENTIONS[arch]
    frames = [state.pc]
    while len(frames) < _MAX_FRAMES:
        caller = _caller(state, convention, program, innermost=len(frames) == 1)
        if caller is None or program.linked(caller.pc - 1) is None or caller == state:
            break
        frames.append(caller.pc)
        state = caller
    return frames


def _caller(
    state: State, convention: _Convention, program: Program, *, innermost: bool
) -> State | None:
    # A return address lies behind its call, which may be its function's last instruction.
    at = state.pc - (0 if innermost else 1)
    address, tables = program.linked(at), program.tables(at)
    row = tables.row(address) if tables and address is not None else None
    found = _by_table(state, convention, row) if row else None
    if found is None and convention.prologue and address is not None:
        code = program.code_before(state.pc if program.linked(state.pc) is not None else at)
        frame = convention.prologue(code) if code is not None else None
        found = _by_prologue(state, convention, frame, innermost=innermost) if frame else None
    return found or _by_register(state, convention, innermost=innermost)


def _entries(data: bytes) -> list[Any]:
    try:
        elf = ELFFile(io.BytesIO(data))
        dwarf = elf.get_dwarf_info(relocate_dwarf_sections=False)
        # gcc for RISC-V writes no .eh_frame for plain C; with -g there is .debug_frame instead.
        entries = dwarf.EH_CFI_entries() if dwarf.has_EH_CFI() else []
        entries += dwarf.CFI_entries() if dwarf.has_CFI() else []
    except (ELFError, ValueError, KeyError, AttributeError):
        return []  # damaged tables are as good as none
    found = [entry for entry in entries if isinstance(entry, FDE)]
    return sorted(found, key=lambda entry: entry["initial_location"])


def _by_table(state: State, convention: _Convention, row: dict[Any, Any]) -> State | None:
    rule = row["cfa"]
    if rule.reg is None or rule.reg not in state.registers:
        return None
    frame = state.registers[rule.reg] + rule.offset
    registers = dict(state.registers)
    for number, saved in row.items():
        if not isinstance(number, int):
            continue
        if saved.type == "UNDEFINED":
            registers.pop(number, None)
        if saved.type == "OFFSET":
            value = state.word(frame + saved.arg)
            if value is None:
                return None
            registers[number] = value
    registers[convention.sp] = frame
    pc = registers.get(convention.ra)
    return State(pc, registers, state.stack) if pc else None


def _by_prologue(
    state: State, convention: _Convention, frame: tuple[int, int | None], *, innermost: bool
) -> State | None:
    size, saved = frame
    top = state.registers.get(convention.sp, 0) + size
    in_register = state.registers.get(convention.ra) if innermost else None
    pc = state.word(top + saved) if saved is not None else in_register
    if not pc or pc == state.pc:
        return None
    registers = {**state.registers, convention.sp: top, convention.ra: pc}
    return State(pc, registers, state.stack)


def _by_register(state: State, convention: _Convention, *, innermost: bool) -> State | None:
    """A leaf's return address is in its register; further out the frame pointer leads on."""
    if innermost:
        pc = state.registers.get(convention.ra)
        return State(pc, dict(state.registers), state.stack) if pc and pc != state.pc else None
    if convention.fp is None:
        return None
    fp = state.registers.get(convention.fp, 0)
    saved_fp, pc = state.word(fp), state.word(fp + _WORD)
    if not pc or saved_fp is None or saved_fp <= fp:
        return None
    return State(pc, {**state.registers, convention.fp: saved_fp}, state.stack)
