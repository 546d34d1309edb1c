"""The A64 decoder: one instruction to the registers it reads, writes and computes.

Only what a compiler's integer code is made of is followed by value; the rest is known by its
registers and flags. An encoding that is not recognised (SVE, SME, extensions to come) reads every
register. Fields: Arm ARM, C4.1 "A64 instruction set encoding"; masks stand in its order.
"""

from __future__ import annotations

from functools import cache

from hermipy.arch.aarch64_forms import (
    EVERYTHING,
    FLAGS,
    NZCV,
    SIZE,
    SP,
    ZERO,
    define,
    general,
    is_wide,
    move,
    opaque,
    plain,
    rd,
    rm,
    rn,
    rt2,
    sign_extend,
    stop,
    with_stack,
)
from hermipy.arch.aarch64_memory import decode_memory
from hermipy.arch.base import (
    MASK64,
    UNKNOWN,
    Choice,
    Constant,
    Flow,
    Insert,
    Insn,
    PcRelative,
    Value,
)

__all__ = ["EVERYTHING", "NZCV", "SP", "decode"]

_LINK = 30
_MSR_NZCV, _MRS_NZCV = 0xD51B_4200, 0xD53B_4200


@cache
def decode(word: int) -> Insn:
    """Decode one instruction."""
    group = word >> 25 & 15
    if group in (8, 9):
        return _immediate(word)
    if group in (10, 11):
        return _branch(word)
    if group & 0b0101 == 0b0100:  # x1x0
        return decode_memory(word)
    if group & 0b0111 == 0b0101:  # x101
        return _register(word)
    if group & 0b0111 == 0b0111:  # x111
        return _vector(word)
    return stop() if word >> 16 == 0 else opaque()  # udf; SVE, SME, reserved


def _immediate(word: int) -> Insn:
    kind = word >> 23 & 7
    if kind < 2:  # adr, adrp
        offset = sign_extend((word >> 5 & 0x7FFFF) << 2 | word >> 29 & 3, 21)
        value = PcRelative(offset << 12, page=4096) if is_wide(word) else PcRelative(offset)
        return define(general(rd(word)), 0, value)
    handlers = (_add_immediate, _add_tag, _logical_immediate, _move_wide, _bitfield, _extract)
    return handlers[kind - 2](word)


def _width(word: int) -> int:
    return 8 if is_wide(word) else 4


def _add_immediate(word: int) -> Insn:
    immediate = (word >> 10 & 0xFFF) << (12 if word >> 22 & 1 else 0)
    if word >> 30 & 1:
        immediate = -immediate
    value = move(rn(word), _width(word), immediate)
    if word >> 29 & 1:
        insn = define(general(rd(word)), with_stack(rn(word)), value)
        return Insn(
            SIZE,
            reads=insn.reads,
            kills=insn.kills | FLAGS,
            writes=insn.kills | FLAGS,
            defs=insn.defs,
        )
    return define(with_stack(rd(word)), with_stack(rn(word)), value)


def _add_tag(word: int) -> Insn:
    return define(with_stack(rd(word)), with_stack(rn(word)))


def bitmask(word: int) -> int | None:
    """Return the immediate of a logical instruction (Arm ARM, DecodeBitMasks); None: reserved."""
    n, immr, imms = word >> 22 & 1, word >> 16 & 63, word >> 10 & 63
    length = (n << 6 | ~imms & 63).bit_length() - 1
    if length < 1:
        return None
    size = 1 << length
    ones, rotation = (imms & (size - 1)) + 1, immr & (size - 1)
    if ones == size:
        return None
    element = (1 << ones) - 1
    element = (element >> rotation | element << (size - rotation)) & ((1 << size) - 1)
    value = sum(element << at for at in range(0, 64, size))
    return value if is_wide(word) else value & 0xFFFF_FFFF


def _logical_immediate(word: int) -> Insn:
    operation, immediate = word >> 29 & 3, bitmask(word)
    if immediate is None:
        return opaque()
    value: Value = UNKNOWN
    if operation == 1 and rn(word) == ZERO:
        value = Constant(immediate)
    if operation == 3:  # ands, bics
        return define(general(rd(word)) | FLAGS, general(rn(word)))
    return define(with_stack(rd(word)), general(rn(word)), value)


def _move_wide(word: int) -> Insn:
    operation, shift = word >> 29 & 3, (word >> 21 & 3) * 16
    bits = (word >> 5 & 0xFFFF) << shift
    limit = MASK64 if is_wide(word) else 0xFFFF_FFFF
    if operation == 0:
        return define(general(rd(word)), 0, Constant(~bits & limit))
    if operation == 2:  # movz
        return define(general(rd(word)), 0, Constant(bits))
    if operation == 3:  # ands, bics
        return define(general(rd(word)), general(rd(word)), Insert(rd(word), bits >> shift, shift))
    return opaque()


def _bitfield(word: int) -> Insn:
    operation, immr, imms = word >> 29 & 3, word >> 16 & 63, word >> 10 & 63
    value: Value = UNKNOWN
    if immr == 0 and imms == 31 and operation != 1:  # sxtw, uxtw
        value = move(rn(word), 4, signed=operation == 0 and is_wide(word))
    reads = general(rn(word), rd(word)) if operation == 1 else general(rn(word))
    return define(general(rd(word)), reads, value)


def _extract(word: int) -> Insn:
    return define(general(rd(word)), general(rn(word), rm(word)))


def _branch(word: int) -> Insn:
    if word & 0x7C00_0000 == 0x1400_0000:  # b, bl
        displacement = sign_extend(word, 26) * 4
        if not is_wide(word):
            return Insn(SIZE, Flow.JUMP, displacement)
        link = general(_LINK)
        return Insn(SIZE, Flow.CALL, displacement, kills=link, writes=link, link=_LINK)
    if word & 0x7E00_0000 == 0x3400_0000:  # cbz, cbnz
        return Insn(SIZE, Flow.BRANCH, sign_extend(word >> 5, 19) * 4, reads=general(rd(word)))
    if word & 0x7E00_0000 == 0x3600_0000:  # tbz, tbnz
        return Insn(SIZE, Flow.BRANCH, sign_extend(word >> 5, 14) * 4, reads=general(rd(word)))
    if word & 0xFF00_0000 == 0x5400_0000:  # b.cond
        return Insn(SIZE, Flow.BRANCH, sign_extend(word >> 5, 19) * 4, reads=FLAGS)
    by_top = {0xD4: _exception, 0xD5: _system, 0xD6: _branch_register, 0xD7: _branch_register}
    handler = by_top.get(word >> 24)
    return handler(word) if handler else opaque()


def _exception(word: int) -> Insn:
    if word & 0xFFE0_001F == 0xD400_0001:  # svc
        result = general(0)
        return Insn(SIZE, Flow.SYSCALL, kills=result, writes=result)
    if word & 0xFFA0_001F in (0xD420_0000, 0xD400_0000 | 1 << 22):  # brk, hlt
        return stop()
    return stop() if word & 0xFFE0_001F == 0xD440_0000 else opaque()  # hlt


def _branch_register(word: int) -> Insn:
    operation = word >> 21 & 7
    if rm(word) != 31 or operation > 2:  # eret, drps, unallocated
        return opaque()
    modifier = with_stack(rd(word)) if word >> 24 & 1 else 0  # pointer authentication
    if operation == 0:
        return Insn(SIZE, Flow.INDIRECT_JUMP, reads=general(rn(word)) | modifier, target=rn(word))
    if operation == 1:
        link = general(_LINK)
        reads = general(rn(word)) | modifier
        return Insn(SIZE, Flow.INDIRECT_CALL, 0, reads, link, link, link=_LINK, target=rn(word))
    register = _LINK if rn(word) == ZERO else rn(word)  # retaa and retab have 31 here
    return Insn(SIZE, Flow.RETURN, reads=with_stack(register, SP), target=register)


def _system(word: int) -> Insn:
    if word & 0xFFFF_F01F == 0xD503_201F:  # hints
        return _hint(word >> 5 & 127)
    if word & 0xFFFF_F000 == 0xD503_3000:  # barriers
        return plain()
    if word & 0xFFF8_F01F == 0xD500_401F:  # msr immediate: cfinv, xaflag ...
        return plain(FLAGS, FLAGS)
    identity, data = word & ~31, general(rd(word))
    if identity == _MSR_NZCV:
        return define(FLAGS, data)
    if identity == _MRS_NZCV:
        return define(data, FLAGS)
    if word & 0xFFF8_0000 == 0xD508_0000 or word & 0xFFF0_0000 == 0xD510_0000:  # sys, msr
        return plain(data)
    if word & 0xFFF0_0000 == 0xD530_0000:  # mrs; rndr also sets the flags
        return Insn(SIZE, kills=data, writes=data | FLAGS)
    return opaque()


def _hint(number: int) -> Insn:
    if number in (8, 10, 12, 14):  # pacia1716 ... autib1716
        return define(general(17), general(16, 17))
    if number == 7 or 24 <= number <= 31:  # xpaclri, paciaz ... autibsp
        return define(general(_LINK), with_stack(_LINK, SP))
    if number == 40:  # chkfeat
        return define(general(16), general(16))
    return plain()


def _register(word: int) -> Insn:
    if word & 0x1F00_0000 == 0x0A00_0000:
        return _logical(word)
    if word & 0x1F00_0000 == 0x0B00_0000:
        return _add(word)
    if word & 0x1F00_0000 == 0x1B00_0000:  # three sources
        return define(general(rd(word)), general(rn(word), rm(word), rt2(word)))
    kind = word >> 21 & 0xF
    if word >> 28 & 1 == 0 or word >> 24 & 0xF != 0b1010:
        return opaque()
    if kind == 0:
        return _with_carry(word)
    if kind == 2 and word & 0x410 == 0:  # ccmp, ccmn
        compared = general(rn(word)) | (0 if word >> 11 & 1 else general(rm(word)))
        return define(FLAGS, compared | FLAGS)
    if kind == 4 and word >> 11 & 1 == 0:
        return _select(word)
    if kind == 6:
        return _one_or_two_sources(word)
    return opaque()


def _flag_result(word: int) -> int:
    """Return the flags if bit 29 (S) says that they are set."""
    return FLAGS if word >> 29 & 1 else 0


def _logical(word: int) -> Insn:
    operation, inverted, amount = word >> 29 & 3, word >> 21 & 1, word >> 10 & 63
    reads, result = general(rn(word), rm(word)), general(rd(word))
    if operation == 3:  # ands, bics
        return define(result | FLAGS, reads)
    value: Value = UNKNOWN
    if operation == 1 and rn(word) == ZERO and not inverted and amount == 0:
        value = Constant(0) if rm(word) == ZERO else move(rm(word), _width(word))
    return define(result, reads, value)


def _add(word: int) -> Insn:
    extended = word >> 21 & 1
    first = with_stack(rn(word)) if extended else general(rn(word))
    result = general(rd(word))
    if extended and not word >> 29 & 1:
        result = with_stack(rd(word))
    return define(result | _flag_result(word), first | general(rm(word)))


def _with_carry(word: int) -> Insn:
    if word & 0xFC00 == 0:
        result = general(rd(word)) | _flag_result(word)
        return define(result, general(rn(word), rm(word)) | FLAGS)
    return plain(general(rn(word)) | FLAGS, FLAGS)  # rmif, setf8, setf16 change some of the flags


def _select(word: int) -> Insn:
    reads = general(rn(word), rm(word)) | FLAGS
    plain_select = word >> 30 & 1 == 0
    value: Value = UNKNOWN
    if plain_select and ZERO not in (rn(word), rm(word)):
        value = Choice(rn(word), rm(word), word >> 10 & 1)
    return define(general(rd(word)), reads, value)


def _one_or_two_sources(word: int) -> Insn:
    if not word >> 30 & 1:
        result = with_stack(rd(word)) if word >> 10 & 63 == 4 else general(rd(word))  # irg
        return define(result | _flag_result(word), with_stack(rn(word), rm(word)))
    authentication = rm(word) == 1
    reads = with_stack(rn(word)) | (general(rd(word)) if authentication else 0)
    return define(general(rd(word)), reads)


def _vector(word: int) -> Insn:
    """Decode floating point and Advanced SIMD.

    What touches a general register or the flags, and the rest.
    """
    converts = word & 0x5F20_FC00 == 0x1E20_0000 or word & 0x5F20_0000 == 0x1E00_0000
    copies = word & 0x9FE0_8400 == 0x0E00_0400  # dup, ins, umov, smov
    if converts or copies:
        return plain(general(rn(word)), general(rd(word)) | FLAGS)
    if word & 0xFF20_FC07 == 0x1E20_2000:  # fcmp
        return define(FLAGS, 0)
    if word & 0xFF20_0C00 == 0x1E20_0400:  # fccmp
        return define(FLAGS, FLAGS)
    if word & 0xFF20_0C00 == 0x1E20_0C00:  # fcsel
        return plain(FLAGS)
    return plain()
