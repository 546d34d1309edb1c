"""The C extension of RV64: 2-byte instructions, as the forms of the 4-byte ones they stand for.

What is odd: the immediates' bits are scattered differently in nearly every format. `_gather` takes
(high, low, to) triples: bits [high:low] of the instruction land at bit `to`. Source: manual I,
chapter "C", tables of the three quadrants. Reserved encodings and those of Zcb/Zcmp/Zcmt (which
share the space of c.fsdsp and 100 of quadrant 0) are opaque.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hermipy.arch import riscv64_forms as form
from hermipy.arch.base import Flow, Insn
from hermipy.arch.riscv64_forms import RA, SP, ZERO, sign_extend

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE = 2


def _field(half: int, high: int, low: int) -> int:
    return half >> low & ((1 << (high - low + 1)) - 1)


def _gather(half: int, *places: tuple[int, int, int]) -> int:
    """Put bits [high:low] of the instruction at bit `to` of the immediate, for each.

    (high, low, to).
    """
    value = 0
    for high, low, to in places:
        value |= _field(half, high, low) << to
    return value


def _rd(half: int) -> int:
    return _field(half, 11, 7)


def _rs2(half: int) -> int:
    return _field(half, 6, 2)


def _low(half: int) -> int:
    """Return rd' or rs2' at 4:2 (x8-x15)."""
    return 8 + _field(half, 4, 2)


def _high(half: int) -> int:
    """Return rs1' at 9:7 (x8-x15)."""
    return 8 + _field(half, 9, 7)


def _imm6(half: int) -> int:
    return sign_extend(_gather(half, (12, 12, 5), (6, 2, 0)), 6)


def _offset_w(half: int) -> int:
    return _gather(half, (12, 10, 3), (6, 6, 2), (5, 5, 6))


def _offset_d(half: int) -> int:
    return _gather(half, (12, 10, 3), (6, 5, 6))


def _addi4spn(half: int) -> Insn:
    offset = _gather(half, (12, 11, 4), (10, 7, 6), (6, 6, 2), (5, 5, 3))
    if half == 0:
        return Insn(_SIZE, Flow.STOP)  # defined illegal: what unimp assembles to
    return form.add_immediate(_SIZE, _low(half), SP, offset) if offset else form.opaque(_SIZE)


def _addi(half: int) -> Insn:
    if _rd(half) == ZERO:
        return form.plain(_SIZE, 0)  # c.nop and its hints
    return form.add_immediate(_SIZE, _rd(half), _rd(half), _imm6(half))


def _addiw(half: int) -> Insn:
    if _rd(half) == ZERO:
        return form.opaque(_SIZE)
    return form.add_immediate_word(_SIZE, _rd(half), _rd(half), _imm6(half))


def _lui(half: int) -> Insn:
    if _rd(half) == SP:
        spread = _gather(half, (12, 12, 9), (6, 6, 4), (5, 5, 6), (4, 3, 7), (2, 2, 5))
        return form.add_immediate(_SIZE, SP, SP, sign_extend(spread, 10))
    if _imm6(half) == 0:
        return form.opaque(_SIZE)  # reserved; Zcmop
    return form.add_immediate(_SIZE, _rd(half), ZERO, _imm6(half) << 12)


def _arithmetic(half: int) -> Insn:
    """Return quadrant 1, 100: shifts, c.andi and the register operations on x8-x15."""
    kind = _field(half, 11, 10)
    register = _high(half)
    if kind != 0b11:
        return form.alu(_SIZE, register, register)
    if _field(half, 12, 12) and _field(half, 6, 5) >= 0b10:
        return form.opaque(_SIZE)  # reserved; Zcb
    return form.alu(_SIZE, register, register, _low(half))


def _jump(half: int) -> Insn:
    scattered = _gather(
        half,
        (12, 12, 11),
        (11, 11, 4),
        (10, 9, 8),
        (8, 8, 10),
        (7, 7, 6),
        (6, 6, 7),
        (5, 3, 1),
        (2, 2, 5),
    )
    return form.jump_and_link(_SIZE, ZERO, sign_extend(scattered, 12))


def _branch(half: int) -> Insn:
    scattered = _gather(half, (12, 12, 8), (11, 10, 3), (6, 5, 6), (4, 3, 1), (2, 2, 5))
    return form.branch(_SIZE, _high(half), ZERO, sign_extend(scattered, 9))


def _shift_left(half: int) -> Insn:
    return form.alu(_SIZE, _rd(half), _rd(half))


def _load_word_sp(half: int) -> Insn:
    offset = _gather(half, (12, 12, 5), (6, 4, 2), (3, 2, 6))
    return form.load(_SIZE, _rd(half), SP, offset, 4) if _rd(half) else form.opaque(_SIZE)


def _load_double_sp(half: int) -> Insn:
    offset = _gather(half, (12, 12, 5), (6, 5, 3), (4, 2, 6))
    return form.load(_SIZE, _rd(half), SP, offset, 8) if _rd(half) else form.opaque(_SIZE)


def _move_or_jump(half: int) -> Insn:
    """Return quadrant 2, 100: c.jr, c.mv, c.ebreak, c.jalr, c.add."""
    rd, rs2 = _rd(half), _rs2(half)
    if rs2:
        return form.add(_SIZE, rd, rd if _field(half, 12, 12) else ZERO, rs2)
    if not _field(half, 12, 12):
        return form.jump_and_link_register(_SIZE, ZERO, rd, 0) if rd else form.opaque(_SIZE)
    return form.jump_and_link_register(_SIZE, RA, rd, 0) if rd else Insn(_SIZE, Flow.STOP)


def _store_float_sp(half: int) -> Insn:
    """Return c.fsdsp. Zcmp's push and pop share it, but only on cores without D.

    It run no Linux distribution.
    """
    return form.float_store(_SIZE, SP, _gather(half, (12, 10, 3), (9, 7, 6)), 8)


_BY_QUADRANT: tuple[tuple[Callable[[int], Insn], ...], ...] = (
    (
        _addi4spn,
        lambda half: form.plain(_SIZE, form.mask(_high(half))),  # c.fld
        lambda half: form.load(_SIZE, _low(half), _high(half), _offset_w(half), 4),
        lambda half: form.load(_SIZE, _low(half), _high(half), _offset_d(half), 8),
        lambda _: form.opaque(_SIZE),  # reserved; Zcb
        lambda half: form.float_store(_SIZE, _high(half), _offset_d(half), 8),
        lambda half: form.store(_SIZE, _low(half), _high(half), _offset_w(half), 4),
        lambda half: form.store(_SIZE, _low(half), _high(half), _offset_d(half), 8),
    ),
    (
        _addi,
        _addiw,
        lambda half: form.add_immediate(_SIZE, _rd(half), ZERO, _imm6(half)),  # c.li
        _lui,
        _arithmetic,
        _jump,
        _branch,
        _branch,
    ),
    (
        _shift_left,
        lambda _: form.plain(_SIZE, form.mask(SP)),  # c.fldsp
        _load_word_sp,
        _load_double_sp,
        _move_or_jump,
        _store_float_sp,
        lambda half: form.store(_SIZE, _rs2(half), SP, _gather(half, (12, 9, 2), (8, 7, 6)), 4),
        lambda half: form.store(_SIZE, _rs2(half), SP, _gather(half, (12, 10, 3), (9, 7, 6)), 8),
    ),
)


def decode_compressed(half: int) -> Insn:
    """Decode a 2-byte instruction (its low bits are not 11)."""
    return _BY_QUADRANT[half & 3][half >> 13](half)
