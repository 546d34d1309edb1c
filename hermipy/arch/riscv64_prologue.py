"""What a RISC-V function has done to the stack so far: for backtraces without unwind tables.

gcc for RISC-V writes none for plain C, and no frame pointer either. But its prologue has one shape:
lower sp, then store ra at a constant offset. Encodings: unprivileged specification, 2 and 16.
"""

from __future__ import annotations

# (mask, value) of the words that matter; rd, rs1 are sp (2), rs2 is ra (1).
_ADDI_SP = 0xFFFFF, 0x10113  # imm[11:0] 00010 000 00010 0010011
_C_ADDI_SP = 0xFFFFEF83, 0x101  # 000 imm[5] 00010 imm[4:0] 01
_C_ADDI16SP = 0xFFFFEF83, 0x6101  # 011 imm[9] 00010 imm[4|6|8:7|5] 01
_SD_RA = 0x1FFF07F, 0x113023  # imm[11:5] 00001 00010 011 imm[4:0] 0100011
_C_SDSP_RA = 0xFFFFE07F, 0xE006  # 111 imm[5:3|8:6] 00001 10
_SIGN_12 = 1 << 11
_SIGN_6 = 1 << 5
_SIGN_10 = 1 << 9


def frame(code: bytes) -> tuple[int, int | None] | None:
    """(frame size, offset of the saved ra from the frame's top) after `code`, a function's start.

    The offset is None while ra is in its register. None: the stack is used in another way.
    """
    size, saved, at = 0, None, 0
    while at + 2 <= len(code):
        half = int.from_bytes(code[at : at + 2], "little")
        is_compressed = half & 3 != 3
        word = half if is_compressed else int.from_bytes(code[at : at + 4], "little")
        change = _sp_change(word)
        offset = _ra_store(word)
        if change is not None and change < 0:
            size -= change
        if offset is not None and saved is None:
            saved = offset - size
        at += 2 if is_compressed else 4
    if saved is not None and saved >= 0:
        return None
    return size, saved


def _sp_change(word: int) -> int | None:
    """Bytes that the instruction adds to sp."""
    if _is(word, _ADDI_SP):
        return _signed(word >> 20, _SIGN_12)
    if _is(word, _C_ADDI_SP):
        return _signed((word >> 7 & 0x20) | (word >> 2 & 0x1F), _SIGN_6)
    if _is(word, _C_ADDI16SP):
        high = (word >> 3 & 0x200) | (word << 4 & 0x180)
        return _signed(
            high | (word >> 2 & 0x10) | (word << 1 & 0x40) | (word << 3 & 0x20), _SIGN_10
        )
    return None


def _ra_store(word: int) -> int | None:
    """Offset from sp where the instruction stores ra."""
    if _is(word, _SD_RA):
        return (word >> 20 & 0xFE0) | (word >> 7 & 0x1F)
    if _is(word, _C_SDSP_RA):
        return (word >> 7 & 0x38) | (word >> 1 & 0x1C0)
    return None


def _is(word: int, pattern: tuple[int, int]) -> bool:
    mask, value = pattern
    return word & mask == value


def _signed(value: int, sign: int) -> int:
    return (value ^ sign) - sign
