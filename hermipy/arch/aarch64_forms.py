"""Registers, fields and shared shapes of A64 instructions, as `Insn` values.

What is odd: register 31 is the stack pointer in some operands and zero in the others, by the
instruction. Here x0-x30 are 0-30, SP is 31, the flags are 32, and a zero register is left out by
`general`.
"""

from __future__ import annotations

from hermipy.arch.base import UNKNOWN, Add, Flow, Insn, Value

SP, NZCV, ZERO = 31, 32, 31
EVERYTHING = (1 << 33) - 1
FLAGS = 1 << NZCV
SIZE = 4


def sign_extend(value: int, bits: int) -> int:
    """Read the low `bits` of a value as a signed number."""
    top = 1 << (bits - 1)
    return (value & (top - 1)) - (value & top)


def general(*registers: int) -> int:
    """Return the set of some operands where 31 means zero."""
    bits = 0
    for register in registers:
        bits |= 1 << register if register != ZERO else 0
    return bits


def with_stack(*registers: int) -> int:
    """Return the set of some operands where 31 means SP."""
    bits = 0
    for register in registers:
        bits |= 1 << register
    return bits


def opaque() -> Insn:
    """Return an instruction that we do not know.

    It reads everything and certainly overwrites nothing.
    """
    return Insn(SIZE, reads=EVERYTHING, writes=EVERYTHING)


def plain(reads: int = 0, writes: int = 0) -> Insn:
    """Return an instruction that may write something but certainly overwrites nothing."""
    return Insn(SIZE, reads=reads, writes=writes)


def define(result: int, reads: int, value: Value = UNKNOWN) -> Insn:
    """Return an instruction that overwrites the registers in `result`.

    Of which the lowest gets `value`.
    """
    lowest = (result & -result).bit_length() - 1
    defs = ((lowest, value),) if result and lowest != NZCV else ()
    return Insn(SIZE, reads=reads, kills=result, writes=result, defs=defs)


def stop() -> Insn:
    """Return an instruction that raises an exception for good."""
    return Insn(SIZE, Flow.STOP)


def move(source: int, width: int, addend: int = 0, *, signed: bool = False) -> Add:
    """Return a copy of `width` bytes of a register."""
    return Add(source, addend, width, signed)


def rd(word: int) -> int:
    """Return bits 4:0, Rd or Rt."""
    return word & 31


def rn(word: int) -> int:
    """Return bits 9:5."""
    return word >> 5 & 31


def rm(word: int) -> int:
    """Return bits 20:16, Rm or Rs."""
    return word >> 16 & 31


def rt2(word: int) -> int:
    """Return bits 14:10, Rt2 or Ra."""
    return word >> 10 & 31


def is_wide(word: int) -> bool:
    """Return sf: a 64-bit operation."""
    return bool(word >> 31)
