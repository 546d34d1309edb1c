"""RV64GC as the analysis sees it.

What is odd: instructions are 2 or 4 bytes and only the two low bits say which, so one wrong step
would misread all that follows. The sweep takes the length from those bits and never from a decoder
that may not know an extension. What the decoder does not know (V, Zb*, vendors') reads every
register, so it hides no use. Fields and encodings: The RISC-V Instruction Set Manual I, "RV32/64G
Instruction Set Listings".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from hermipy.arch import riscv64_forms as form
from hermipy.arch.base import UNKNOWN, Arch, Constant, Flow, Insn, Store, Sweep
from hermipy.arch.riscv64_compressed import decode_compressed
from hermipy.arch.riscv64_forms import EVERYTHING, GP, RA, SP, T0, TP, mask, sign_extend

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Integers = npt.NDArray[np.integer[Any]]
    Positions = npt.NDArray[np.int64]

A0, A7 = 10, 17
ECALL, EBREAK, UNIMP = 0x0000_0073, 0x0010_0073, 0xC000_1073
T_REGISTERS = {"t0": 5, "t1": 6, "t2": 7, "t3": 28, "t4": 29, "t5": 30, "t6": 31}
_SAVED = (8, 9, *range(18, 28))
_SIZE = 4
_LONG = 0x1F  # the low bits of an instruction of 6 bytes or more


def _rd(word: int) -> int:
    return word >> 7 & 31


def _funct3(word: int) -> int:
    return word >> 12 & 7


def _rs1(word: int) -> int:
    return word >> 15 & 31


def _rs2(word: int) -> int:
    return word >> 20 & 31


def _immediate_i(word: int) -> int:
    return sign_extend(word >> 20, 12)


def _immediate_s(word: int) -> int:
    return sign_extend(word >> 25 << 5 | word >> 7 & 31, 12)


def _opaque_result(word: int) -> Insn:
    """Return an extension's instruction in a format that writes only rd."""
    return form.opaque(_SIZE, mask(_rd(word)))


def _load(word: int) -> Insn:
    width = _funct3(word)
    if width == 7:  # the one width that RV64 leaves out
        return form.opaque(_SIZE)
    access, signed = 1 << (width & 3), width < 4  # bit 2: unsigned
    return form.load(_SIZE, _rd(word), _rs1(word), _immediate_i(word), access, signed=signed)


def _load_float(word: int) -> Insn:
    if _funct3(word) in (1, 2, 3, 4):
        return form.plain(_SIZE, mask(_rs1(word)))
    return form.opaque(_SIZE, 0)  # V: no integer result


def _fence(word: int) -> Insn:
    return form.plain(_SIZE, 0) if _funct3(word) in (0, 1) else form.opaque(_SIZE, 0)


def _op_immediate(word: int) -> Insn:
    funct3, funct6 = _funct3(word), word >> 26
    if funct3 == 0:
        return form.add_immediate(_SIZE, _rd(word), _rs1(word), _immediate_i(word))
    if (funct3 == 1 and funct6) or (funct3 == 5 and funct6 not in (0, 0x10)):
        return _opaque_result(word)  # Zb*
    return form.alu(_SIZE, _rd(word), _rs1(word))


def _op_immediate_word(word: int) -> Insn:
    funct3, funct7 = _funct3(word), word >> 25
    if funct3 == 0:
        return form.add_immediate_word(_SIZE, _rd(word), _rs1(word), _immediate_i(word))
    if (funct3, funct7) in ((1, 0), (5, 0), (5, 0x20)):
        return form.alu(_SIZE, _rd(word), _rs1(word))
    return _opaque_result(word)


def _auipc(word: int) -> Insn:
    return form.pc_relative(_rd(word), sign_extend(word & 0xFFFF_F000, 32))


def _lui(word: int) -> Insn:
    return form.define(_SIZE, _rd(word), 0, Constant(sign_extend(word & 0xFFFF_F000, 32)))


def _store(word: int) -> Insn:
    width = _funct3(word)
    if width > 3:  # sd
        return form.opaque(_SIZE)
    return form.store(_SIZE, _rs2(word), _rs1(word), _immediate_s(word), 1 << width)


def _store_float(word: int) -> Insn:
    width = _funct3(word)
    if width not in (1, 2, 3, 4):
        return form.opaque(_SIZE, 0)  # V
    return form.float_store(_SIZE, _rs1(word), _immediate_s(word), 1 << width)


_ATOMIC = frozenset({0, 1, 2, 3, 4, 8, 0xC, 0x10, 0x14, 0x18, 0x1C})


def _atomic(word: int) -> Insn:
    if word >> 27 not in _ATOMIC or _funct3(word) not in (2, 3):
        return form.opaque(_SIZE)  # Zacas reads rd, and pairs
    rd = mask(_rd(word))
    stores = (Store(-1, _rs1(word), 0, 1 << _funct3(word)),)
    operation = form.alu(_SIZE, _rd(word), _rs1(word), _rs2(word))
    return Insn(
        _SIZE, reads=operation.reads, kills=rd, writes=rd, defs=operation.defs, stores=stores
    )


def _op(word: int) -> Insn:
    funct3, funct7 = _funct3(word), word >> 25
    if funct7 == 0 and funct3 == 0:
        return form.add(_SIZE, _rd(word), _rs1(word), _rs2(word))
    if funct7 in (0, 1) or (funct7, funct3) in ((0x20, 0), (0x20, 5)):
        return form.alu(_SIZE, _rd(word), _rs1(word), _rs2(word))
    return _opaque_result(word)  # Zb*, Zicond, Zk*


def _op_word(word: int) -> Insn:
    known = {0: (0, 1, 5), 0x20: (0, 5), 1: (0, 4, 5, 6, 7)}
    if _funct3(word) in known.get(word >> 25, ()):
        return form.alu(_SIZE, _rd(word), _rs1(word), _rs2(word))
    return _opaque_result(word)


def _float(word: int) -> Insn:
    """Return OP-FP: conversions and comparisons read and write integer registers.

    The others float ones.
    """
    return Insn(
        _SIZE,
        reads=mask(_rs1(word)),
        writes=mask(_rd(word)),
        defs=((_rd(word), UNKNOWN),) if _rd(word) else (),
    )


def _branch(word: int) -> Insn:
    if _funct3(word) in (2, 3):
        return form.opaque(_SIZE)
    scattered = (
        (word >> 31) << 12 | (word >> 7 & 1) << 11 | (word >> 25 & 63) << 5 | (word >> 8 & 15) << 1
    )
    return form.branch(_SIZE, _rs1(word), _rs2(word), sign_extend(scattered, 13))


def _jalr(word: int) -> Insn:
    if _funct3(word):
        return form.opaque(_SIZE)
    return form.jump_and_link_register(_SIZE, _rd(word), _rs1(word), _immediate_i(word))


def _jal(word: int) -> Insn:
    scattered = (
        (word >> 31) << 20
        | (word >> 12 & 255) << 12
        | (word >> 20 & 1) << 11
        | (word >> 21 & 1023) << 1
    )
    return form.jump_and_link(_SIZE, _rd(word), sign_extend(scattered, 21))


def _system(word: int) -> Insn:
    if word == ECALL:
        result = mask(A0)
        return Insn(_SIZE, Flow.SYSCALL, kills=result, writes=result, defs=((A0, UNKNOWN),))
    if word in (EBREAK, UNIMP):
        return Insn(_SIZE, Flow.STOP)
    if _funct3(word) in (1, 2, 3):
        return form.alu(_SIZE, _rd(word), _rs1(word))
    return form.alu(_SIZE, _rd(word)) if _funct3(word) > 4 else form.opaque(_SIZE)


def _fused(_: int) -> Insn:
    return form.plain(_SIZE, 0)


_BY_OPCODE: dict[int, Callable[[int], Insn]] = {
    0x03: _load,
    0x07: _load_float,
    0x0F: _fence,
    0x13: _op_immediate,
    0x17: _auipc,
    0x1B: _op_immediate_word,
    0x23: _store,
    0x27: _store_float,
    0x2F: _atomic,
    0x33: _op,
    0x37: _lui,
    0x3B: _op_word,
    0x43: _fused,  # fmadd
    0x47: _fused,  # fmsub
    0x4B: _fused,  # fnmsub
    0x4F: _fused,  # fnmadd
    0x53: _float,
    0x57: _opaque_result,  # V
    0x63: _branch,
    0x67: _jalr,
    0x6F: _jal,
    0x73: _system,
}


def length(half: int) -> int:
    """Return an instruction's bytes by its first 16 bits (manual I, "Instruction Length")."""
    if half & 3 != 3:  # aa != 11
        return 2
    if half & 0x1F != 0x1F:  # bbb != 111
        return 4
    if half & 0x3F == 0x1F:
        return 6
    if half & 0x7F == 0x3F:
        return 8
    return 10 + 2 * (half >> 12 & 7)


@cache
def _decode(word: int) -> Insn:
    handler = _BY_OPCODE.get(word & 0x7F)
    return handler(word) if handler else form.opaque(length(word & 0xFFFF))


@cache
def _decode_short(half: int) -> Insn:
    return decode_compressed(half)


def decode(word: int) -> Insn:
    """Decode the instruction in the low bytes of 32 bits."""
    return _decode(word) if word & 3 == 3 else _decode_short(word & 0xFFFF)


def _starts(halves: npt.NDArray[np.uint16], certain: Positions) -> npt.NDArray[np.bool_]:
    """Find the halfwords at which an instruction starts.

    The halfword after one with low bits other than 11 is always a start: that one was either a
    whole instruction or the second half of a long one. Within a run of halfwords that end in 11,
    every other one is a start. So the distance to the last short-looking halfword decides, and no
    sequential walk is needed.
    """
    position = np.arange(len(halves), dtype=np.int64)
    before = (halves & 3) != 3  # the length bits
    before[certain[certain > 0] - 1] = True
    last_short = np.empty(len(halves), dtype=np.int64)
    last_short[:1] = -1
    np.maximum.accumulate(np.where(before, position, -1)[:-1], out=last_short[1:])
    starts: npt.NDArray[np.bool_] = (position - 1 - last_short) & 1 == 0
    for at in np.flatnonzero(starts & (halves & _LONG == _LONG)).tolist():
        _step_over_long(halves, starts, at)
    return starts


def _step_over_long(halves: npt.NDArray[np.uint16], starts: npt.NDArray[np.bool_], at: int) -> None:
    """Correct the starts behind an instruction of 6 bytes or more, until both views agree again."""
    while at < len(halves) and starts[at]:
        after = at + length(int(halves[at])) // 2
        starts[at + 1 : after] = False
        if after >= len(halves) or starts[after]:
            return
        starts[after] = True
        at = after


def _signed(values: Integers, bits: int) -> Positions:
    shift = 64 - bits
    signed: Positions = values.astype(np.int64) << shift >> shift
    return signed


def _bits(words: Integers, high: int, low: int, to: int) -> Integers:
    return (words >> low & ((1 << (high - low + 1)) - 1)) << to


def sweep(code: bytes, address: int, certain: Positions) -> Sweep:
    """Find every instruction start, site, direct edge and address in a stretch of code."""
    halves = np.frombuffer(code, dtype="<u2", count=len(code) // 2)
    starts = np.flatnonzero(_starts(halves, (certain - address) // 2))
    padded = np.append(halves, np.zeros(3, np.uint16)).astype(np.uint32)
    words = padded[starts] | padded[starts + 1] << 16
    places = starts * 2 + address
    long_form = words & 3 == 3
    opcode = np.where(long_form, words & 0x7F, 0)
    rd = words >> 7 & 31

    branch = (opcode == 0x63) & (words >> 13 & 3 != 1)  # funct3 2 and 3 are reserved
    jal, jalr = opcode == 0x6F, (opcode == 0x67) & (words >> 12 & 7 == 0)
    key = np.where(long_form, 0xFFFF, words & 0xE003)
    short_jump = key == 0xA001  # c.j
    short_branch = (key == 0xC001) | (key == 0xE001)  # c.beqz, c.bnez
    high = (opcode == 0x17) | (opcode == 0x37)  # auipc, lui
    high_value = _signed(words & 0xFFFF_F000, 32) + np.where(opcode == 0x17, places, 0)
    far = np.zeros(len(words), dtype=bool)
    far[1:] = (opcode == 0x17)[:-1] & jalr[1:] & (words[1:] >> 15 & 31 == rd[:-1])
    far_target = np.zeros(len(words), dtype=np.int64)
    far_target[1:] = high_value[:-1] + _signed(words[1:] >> 20, 12)

    target = np.select(
        [branch, jal, short_jump, short_branch, far],
        [
            places + _branch_offsets(words),
            places + _jal_offsets(words),
            places + _short_jump_offsets(words),
            places + _short_branch_offsets(words),
            far_target & ~1,
        ],
        default=0,
    )
    call = (jal | far) & (rd != 0)
    jump = branch | short_jump | short_branch | ((jal | far) & (rd == 0))
    short_jr = (words & 0xF07F == 0x8002) & ~long_form & (rd != 0)  # c.jr
    through = np.where(short_jr, rd, words >> 15 & 31)
    indirect = (short_jr | (jalr & (rd == 0) & ~far)) & (through != RA)
    short_lui = (key == 0x6001) & (rd != SP)
    high_value = np.where(
        short_lui, _signed(_bits(words, 12, 12, 17) | _bits(words, 6, 2, 12), 18), high_value
    )
    return Sweep(
        starts=places,
        sites=places[words == ECALL],
        jump_from=places[jump],
        jump_to=target[jump],
        call_from=places[call],
        call_to=target[call],
        indirect_jumps=places[indirect],
        address_from=places[high | short_lui],
        address_to=high_value[high | short_lui],
    )


def _branch_offsets(words: Integers) -> Positions:
    parts = _bits(words, 31, 31, 12) | _bits(words, 7, 7, 11) | _bits(words, 30, 25, 5)
    return _signed(parts | _bits(words, 11, 8, 1), 13)


def _jal_offsets(words: Integers) -> Positions:
    parts = _bits(words, 31, 31, 20) | _bits(words, 19, 12, 12) | _bits(words, 20, 20, 11)
    return _signed(parts | _bits(words, 30, 21, 1), 21)


def _short_jump_offsets(words: Integers) -> Positions:
    parts = _bits(words, 12, 12, 11) | _bits(words, 11, 11, 4) | _bits(words, 10, 9, 8)
    parts |= _bits(words, 8, 8, 10) | _bits(words, 7, 7, 6) | _bits(words, 6, 6, 7)
    return _signed(parts | _bits(words, 5, 3, 1) | _bits(words, 2, 2, 5), 12)


def _short_branch_offsets(words: Integers) -> Positions:
    parts = _bits(words, 12, 12, 8) | _bits(words, 11, 10, 3) | _bits(words, 6, 5, 6)
    return _signed(parts | _bits(words, 4, 3, 1) | _bits(words, 2, 2, 5), 9)


_T_MASK = mask(*T_REGISTERS.values())
_STATIC_CHAIN = mask(T_REGISTERS["t2"])

ARCH = Arch(
    name="riscv64",
    site=ECALL.to_bytes(4, "little"),
    alignment=2,
    number=A7,
    link=RA,
    stack=SP,
    arguments=tuple(range(10, 18)),
    preserved=mask(SP, GP, TP, *_SAVED),
    go_preserved=mask(SP, GP, TP, 27),  # x27 is g
    everything=EVERYTHING,
    candidates={**{name: mask(number) for name, number in T_REGISTERS.items()}, "ra": mask(RA)},
    dead_at_call=(_T_MASK & ~_STATIC_CHAIN) | mask(RA),
    dead_at_return=_T_MASK,
    remembered=_T_MASK,
    decode=decode,
    sweep=sweep,
    adr=False,
    tls_relocations=(6, 7, 8, 9, 10, 11, 12),
    copy_relocation=4,
    go_copy=(24, 25),
    global_pointer=GP,
    zero=0,
    extra_link=T0,
)
