"""AArch64 encodings of the direct path (kernel/arch/DIRECT.md).

A site becomes `b stub`; the stub loads the way back into x17 and the vector page's address, which
one `movn` makes, into x16. Both registers are the linker's own (AAPCS64 6.1.1: IP0, IP1), so they
are dead at nearly every site. Encodings: Arm ARM, C6.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hermipy.arch.direct_types import Way

TRAP = (0xD400_0001).to_bytes(4, "little")  # 11010100_000 imm16 000_01
STUB_SIZE = 16
PT_NOTE = 4
SPARE_HEADERS = (PT_NOTE,)
STUB_REGISTERS = frozenset({"x16", "x17", "nzcv"})

_B = 0x1400_0000  # 000101 imm26
_ADRP_X17 = 0x9000_0011  # 1 immlo 10000 immhi Rd
_ADD_X17 = 0x9100_0231  # 1001000100 imm12 Rn Rd
_MOVN_X16_VECTOR = 0x9281_FFF0  # 100100101 hw=00 imm16=0xfff Rd
_BR_X16 = 0xD61F_0200  # 1101011000011111000000 Rn 00000


def in_place(dead: frozenset[str]) -> Way | None:
    """None: no single instruction keeps the return address, x30 is dead at half of the sites."""
    del dead
    return None


def in_place_registers(word: bytes) -> frozenset[str] | None:
    """There is no in-place instruction."""
    del word
    return None


def stub_refusal(dead: frozenset[str]) -> str:
    """The stub uses up x16 and x17, and the kernel's C code the flags."""
    live = sorted(STUB_REGISTERS - dead)
    return f"{' and '.join(live)} may be live" if live else ""


def jump(site: int, stub: int) -> bytes | None:
    """`b stub`; None beyond ±128 MiB."""
    offset = stub - site
    if not -(1 << 27) <= offset < 1 << 27:
        return None
    return _word(_B | offset >> 2 & 0x3FF_FFFF)


def stub(site: int, stub: int) -> bytes:
    """`adrp x17; add x17; movn x16; br x16`."""
    back = site + 4
    pages = (back >> 12) - (stub >> 12)
    adrp = _ADRP_X17 | (pages & 3) << 29 | (pages >> 2 & 0x7FFFF) << 5
    add = _ADD_X17 | (back & 0xFFF) << 10
    return _word(adrp) + _word(add) + _word(_MOVN_X16_VECTOR) + _word(_BR_X16)


def identity_stub(site: int, stub: int) -> bytes:
    """`svc #0; b site+4`."""
    back = jump(stub + 4, site + 4)
    assert back is not None, "the site reached the stub, so the stub reaches the site"
    return (TRAP + back).ljust(STUB_SIZE, b"\0")


def jump_target(address: int, word: bytes) -> int | None:
    """Where `b` at `address` leads."""
    value = int.from_bytes(word, "little")
    if value >> 26 != _B >> 26:
        return None
    offset = value & 0x3FF_FFFF
    return address + 4 * (offset - (offset >> 25 << 26))


def _word(value: int) -> bytes:
    return value.to_bytes(4, "little")
