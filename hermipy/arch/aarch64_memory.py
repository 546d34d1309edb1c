"""A64 loads and stores: addresses, writeback, and which registers an access reads and writes.

What is odd: with writeback one instruction changes two registers, and the address counts from the
base as it was (post-index) or as it becomes (pre-index); both are written as offsets from the old
base. A store to an indexed or unknown address is taken for an array element: it never overwrites a
spilled register. Source: Arm ARM C4.1, "Loads and Stores".
"""

from __future__ import annotations

from hermipy.arch.aarch64_forms import (
    SIZE,
    define,
    general,
    opaque,
    plain,
    rd,
    rm,
    rn,
    rt2,
    sign_extend,
    with_stack,
)
from hermipy.arch.base import UNKNOWN, Add, Indexed, Insn, Load, Store, Value

_VECTOR_BIT = 1 << 26


def decode_memory(word: int) -> Insn:
    """Decode an instruction of the loads and stores group (op0 = x1x0)."""
    if word & 0xBE00_0000 == 0x0C00_0000:  # Advanced SIMD structures
        return _structures(word)
    group = word >> 24 & 0x3B
    if group == 0x08:  # exclusive, ordered, compare and swap
        return _exclusive(word) if not word & _VECTOR_BIT else opaque()
    if group == 0x18:  # literal
        literal = not word & _VECTOR_BIT and word >> 30 != 3  # 3: prefetch
        return define(general(rd(word)) if literal else 0, 0)
    if group in (0x28, 0x29):
        return _pair(word)
    if group == 0x39:  # unsigned offset
        return _unsigned_offset(word)
    if group == 0x38:  # all the others with one register
        return _single(word)
    if word & 0x3F20_0C00 == 0x1900_0000:  # ldapur, stlur
        return _access(word, sign_extend(word >> 12, 9), None)
    return opaque()  # memory tags, memory copy


def _structures(word: int) -> Insn:
    base, post = rn(word), bool(word >> 23 & 1)
    is_load = bool(word >> 22 & 1)
    stores = () if is_load else (Store(-1, base, 0, 64),)
    written = with_stack(base) if post else 0
    reads = with_stack(base) | (general(rm(word)) if post else 0)
    defs = ((base, UNKNOWN),) if post else ()
    return Insn(SIZE, reads=reads, kills=written, writes=written, defs=defs, stores=stores)


def _exclusive(word: int) -> Insn:
    size, is_load, paired, ordered = word >> 30, word >> 22 & 1, word >> 21 & 1, word >> 23 & 1
    status, data, second, base = rm(word), rd(word), rt2(word), rn(word)
    address = with_stack(base)
    stores = (Store(-1, base, 0, 16),)
    if paired and ordered:  # cas
        result, reads = general(status), general(status, data)
    elif paired and size < 2:  # casp: register pairs
        result = general(status, status | 1)
        reads = result | general(data, data | 1)
    elif is_load:
        loaded = general(data, second) if paired else general(data)
        return define(loaded, address)
    elif ordered:  # stlr
        result, reads = 0, general(data)
    else:  # stxr, stxp
        result, reads = general(status), general(data, second) if paired else general(data)
    return Insn(SIZE, reads=reads | address, kills=result, writes=result, stores=stores)


def _with_writeback(insn: Insn, base: int, offset: int) -> Insn:
    written = with_stack(base)
    return Insn(
        SIZE,
        reads=insn.reads,
        kills=insn.kills | written,
        writes=insn.writes | written,
        defs=(*insn.defs, (base, Add(base, offset))),
        stores=insn.stores,
    )


def _pair(word: int) -> Insn:
    kind, mode, is_vector = word >> 30, word >> 23 & 3, bool(word & _VECTOR_BIT)
    if kind == 3:  # unallocated or newer
        return opaque()
    is_load = bool(word >> 22 & 1)
    access = _pair_size(kind, is_vector=is_vector, is_load=is_load)
    scale = 16 if kind == 1 and not is_load and not is_vector else access  # stgp counts in tags
    immediate = sign_extend(word >> 15, 7) * scale
    base, first, second = rn(word), rd(word), rt2(word)
    offset = 0 if mode == 1 else immediate
    insn = _pair_access(word, offset, access, signed=kind == 1)
    if is_vector:
        stores = tuple(Store(-1, base, offset + i * access, access) for i in (0, 1))
        insn = Insn(SIZE, reads=with_stack(base), stores=() if is_load else stores)
    elif is_load and first == second:
        return opaque()
    return _with_writeback(insn, base, immediate) if mode in (1, 3) else insn


def _pair_size(kind: int, *, is_vector: bool, is_load: bool) -> int:
    """Return the bytes of one register of a pair; kind is bits 31:30."""
    if is_vector:
        return 4 << kind
    return 8 if kind == 2 or (kind == 1 and not is_load) else 4


def _pair_access(word: int, offset: int, access: int, *, signed: bool) -> Insn:
    base, registers = rn(word), (rd(word), rt2(word))
    if word >> 22 & 1:
        result = general(*registers)
        defs: tuple[tuple[int, Value], ...] = tuple(
            (register, Load(base, offset + i * access, access, signed))
            for i, register in enumerate(registers)
            if general(register)
        )
        return Insn(SIZE, reads=with_stack(base), kills=result, writes=result, defs=defs)
    stores = tuple(
        Store(register, base, offset + i * access, access) for i, register in enumerate(registers)
    )
    return Insn(SIZE, reads=general(*registers) | with_stack(base), stores=stores)


def _unsigned_offset(word: int) -> Insn:
    shift = word >> 30
    if word & _VECTOR_BIT:
        shift |= (word >> 23 & 1) << 2
    return _access(word, (word >> 10 & 0xFFF) << shift, None)


def _single(word: int) -> Insn:
    mode, immediate = word >> 10 & 3, sign_extend(word >> 12, 9)
    if not word >> 21 & 1:
        if mode in (1, 3):  # post-index, pre-index
            return _access(word, 0 if mode == 1 else immediate, immediate)
        return _access(word, immediate, None)
    if mode == 2:  # register offset
        return _indexed(word)
    return _atomic(word) if mode == 0 and not word & _VECTOR_BIT else opaque()


def _indexed(word: int) -> Insn:
    address = with_stack(rn(word)) | general(rm(word))
    operation, size = word >> 22 & 3, word >> 30
    if word & _VECTOR_BIT or (size == 3 and operation >= 2):  # prefetch
        return plain(address)
    if operation == 0:
        return plain(address | general(rd(word)))
    value = Indexed(1 << size, operation >= 2)  # sign-extended
    return define(general(rd(word)), address, value)


def _atomic(word: int) -> Insn:
    operation = word >> 12 & 15
    stores = (Store(-1, rn(word), 0, 8),)
    if operation == 0b1100:  # ldapr
        return define(general(rd(word)), with_stack(rn(word)))
    if operation > 0b1000:  # 0xxx: ldadd ... ldumin, 1000: swp
        return opaque()
    result = general(rd(word))
    reads = general(rm(word)) | with_stack(rn(word))
    return Insn(SIZE, reads=reads, kills=result, writes=result, stores=stores)


def _access(word: int, offset: int, writeback: int | None) -> Insn:
    """Return a load or store of one register at base + offset.

    The fields are shared by all addressing modes.
    """
    size, operation, base, data = word >> 30, word >> 22 & 3, rn(word), rd(word)
    address = with_stack(base)
    if word & _VECTOR_BIT:
        access = 1 << (size | (operation >> 1) << 2)
        insn = Insn(
            SIZE, reads=address, stores=() if operation & 1 else (Store(-1, base, offset, access),)
        )
    elif size == 3 and operation >= 2:  # prefetch
        insn = plain(address)
    elif operation == 0:
        stored = Store(data, base, offset, 1 << size)
        insn = Insn(SIZE, reads=address | general(data), stores=(stored,))
    else:
        value = Load(base, offset, 1 << size, operation == 2)  # sign-extended to 64 bits
        insn = define(general(data), address, value)
    return insn if writeback is None else _with_writeback(insn, base, writeback)
