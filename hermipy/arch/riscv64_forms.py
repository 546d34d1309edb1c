"""The forms that RISC-V instructions come in, as `Insn` values.

Both decoders (4 and 2 bytes) end here.
"""

from __future__ import annotations

from hermipy.arch.base import UNKNOWN, Add, Constant, Flow, Insn, Load, PcRelative, Store, Value

ZERO, RA, SP, GP, TP, T0 = 0, 1, 2, 3, 4, 5
EVERYTHING = (1 << 32) - 2  # x0 carries nothing


def mask(*registers: int) -> int:
    """Return the set of some registers."""
    bits = 0
    for register in registers:
        bits |= 1 << register
    return bits & EVERYTHING


def sign_extend(value: int, bits: int) -> int:
    """Read the low `bits` of a value as a signed number."""
    top = 1 << (bits - 1)
    return (value & (top - 1)) - (value & top)


def opaque(size: int, writes: int = EVERYTHING) -> Insn:
    """Return an instruction that we do not know.

    It reads everything and certainly overwrites nothing.
    """
    return Insn(size, reads=EVERYTHING, writes=writes)


def plain(size: int, reads: int) -> Insn:
    """Return an instruction that changes no integer register."""
    return Insn(size, reads=reads)


def define(size: int, rd: int, reads: int, value: Value) -> Insn:
    """Return an instruction whose only result is rd."""
    result = mask(rd)
    defs = ((rd, value),) if rd else ()
    return Insn(size, reads=reads, kills=result, writes=result, defs=defs)


def alu(size: int, rd: int, *sources: int) -> Insn:
    """Return an operation whose value nothing here follows."""
    return define(size, rd, mask(*sources), UNKNOWN)


def add_immediate(size: int, rd: int, rs1: int, immediate: int) -> Insn:
    """Return addi, with li and mv as what they mean."""
    if rs1 == ZERO:
        return define(size, rd, 0, Constant(immediate))
    return define(size, rd, mask(rs1), Add(rs1, immediate))


def add_immediate_word(size: int, rd: int, rs1: int, immediate: int) -> Insn:
    """Return addiw; sext.w is the one with 0."""
    if rs1 == ZERO:
        return define(size, rd, 0, Constant(immediate))
    return define(size, rd, mask(rs1), Add(rs1, immediate, width=4, signed=True))


def pc_relative(rd: int, offset: int) -> Insn:
    """Return auipc."""
    return define(4, rd, 0, PcRelative(offset))


def add(size: int, rd: int, rs1: int, rs2: int) -> Insn:
    """Return add, which with x0 is a move."""
    if ZERO in (rs1, rs2):
        return add_immediate(size, rd, rs1 or rs2, 0)
    return alu(size, rd, rs1, rs2)


def load(size: int, rd: int, rs1: int, offset: int, access: int, *, signed: bool = True) -> Insn:
    """Return an integer load of `access` bytes."""
    return define(size, rd, mask(rs1), Load(rs1, offset, access, signed))


def store(size: int, rs2: int, rs1: int, offset: int, access: int) -> Insn:
    """Return an integer store of `access` bytes."""
    return Insn(size, reads=mask(rs1, rs2), stores=(Store(rs2, rs1, offset, access),))


def float_store(size: int, rs1: int, offset: int, access: int) -> Insn:
    """Return a store of a floating-point register."""
    return Insn(size, reads=mask(rs1), stores=(Store(-1, rs1, offset, access),))


def branch(size: int, rs1: int, rs2: int, displacement: int) -> Insn:
    """Return a conditional branch."""
    return Insn(size, Flow.BRANCH, displacement, reads=mask(rs1, rs2))


def jump_and_link(size: int, rd: int, displacement: int) -> Insn:
    """Return jal."""
    if rd == ZERO:
        return Insn(size, Flow.JUMP, displacement)
    link = mask(rd)
    return Insn(
        size, Flow.CALL, displacement, kills=link, writes=link, defs=((rd, UNKNOWN),), link=rd
    )


def jump_and_link_register(size: int, rd: int, rs1: int, offset: int) -> Insn:
    """Return jalr: a return, a jump or a call.

    (the link registers are x1 and x5, manual I, table "RAS").
    """
    if rd == ZERO:
        flow = Flow.RETURN if rs1 == RA and offset == 0 else Flow.INDIRECT_JUMP
        return Insn(size, flow, offset, reads=mask(rs1), target=rs1)
    link = mask(rd)
    return Insn(
        size,
        Flow.INDIRECT_CALL,
        offset,
        reads=mask(rs1),
        kills=link,
        writes=link,
        defs=((rd, UNKNOWN),),
        link=rd,
        target=rs1,
    )
