"""A64 as the analysis sees it: the record and the sweep. The decoder is in aarch64_decode.py.

What is odd: every instruction is 4 bytes, so the sweep cannot lose its way; data inside text is
told by the $d mapping symbols alone (AAELF64, "Mapping symbols"). x16 and x17 belong to the
linker's veneers between any two functions, so they carry nothing over a call or a return (AAPCS64,
6.1.1), and no compiler keeps the flags over either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hermipy.arch.aarch64_decode import EVERYTHING, NZCV, SP, decode
from hermipy.arch.base import Arch, Sweep

if TYPE_CHECKING:
    import numpy.typing as npt

    Positions = npt.NDArray[np.int64]
    Integers = npt.NDArray[np.integer[Any]]

SVC = 0xD400_0001  # 11010100_000 imm16 000_01
_LINK = 30


def _signed(values: Integers, bits: int) -> Positions:
    shift = 64 - bits
    signed: Positions = values.astype(np.int64) << shift >> shift
    return signed


def sweep(code: bytes, address: int, certain: Positions) -> Sweep:  # noqa: ARG001 (RISC-V needs it)
    """Find every site, direct edge and address in a stretch of code."""
    words = np.frombuffer(code, dtype="<u4", count=len(code) // 4)
    places = np.arange(len(words), dtype=np.int64) * 4 + address
    jump = words & 0xFC00_0000 == 0x1400_0000  # b
    call = words & 0xFC00_0000 == 0x9400_0000  # bl
    conditional = words & 0xFF00_0000 == 0x5400_0000  # b.cond, bc.cond
    compare = words & 0x7E00_0000 == 0x3400_0000  # cbz, cbnz
    test = words & 0x7E00_0000 == 0x3600_0000  # tbz, tbnz
    target = places + np.select(
        [jump | call, conditional | compare, test],
        [_signed(words, 26) * 4, _signed(words >> 5, 19) * 4, _signed(words >> 5, 14) * 4],
        default=0,
    )
    edge = jump | conditional | compare | test
    indirect = words & 0xFEFF_F000 == 0xD61F_0000  # br, braa, brab
    adr = words & 0x9F00_0000 == 0x1000_0000
    adrp = words & 0x9F00_0000 == 0x9000_0000
    offset = _signed((words >> 5 & 0x7FFFF) << 2 | (words >> 29 & 3), 21)
    built = np.where(adrp, (places & ~0xFFF) + (offset << 12), places + offset)
    return Sweep(
        starts=places,
        sites=places[words == SVC],
        jump_from=places[edge],
        jump_to=target[edge],
        call_from=places[call],
        call_to=target[call],
        indirect_jumps=places[indirect],
        address_from=places[adr | adrp],
        address_to=built[adr | adrp],
    )


def _mask(*registers: int) -> int:
    return sum(1 << register for register in registers)


ARCH = Arch(
    name="aarch64",
    site=SVC.to_bytes(4, "little"),
    alignment=4,
    number=8,
    link=_LINK,
    stack=SP,
    arguments=tuple(range(8)),
    preserved=_mask(*range(18, 30), SP),
    go_preserved=_mask(18, 28, SP),  # x28 is g
    everything=EVERYTHING,
    candidates={"x16": _mask(16), "x17": _mask(17), "nzcv": _mask(NZCV)},
    dead_at_call=_mask(16, 17, NZCV),
    dead_at_return=_mask(16, 17, NZCV),
    remembered=0,
    go_copy=(20, 21),
    tls_target=1,
    zero=31,
    decode=decode,
    sweep=sweep,
    adr=True,
    tls_relocations=(1028, 1029, 1030, 1031),
    copy_relocation=1024,
)
