"""The rewriter's side of kernel/arch/DIRECT.md: what an architecture offers at a syscall site.

One record per architecture, with the same fields; rewrite.py and verify.py know no other difference
between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy.arch import aarch64_direct, riscv64_direct

if TYPE_CHECKING:
    from collections.abc import Callable

    from hermipy.arch.direct_types import Way


@dataclass(frozen=True, slots=True)
class DirectPath:
    """How sites of one architecture become jumps. Addresses and immediates are bytes."""

    trap: bytes
    """The syscall instruction as it stands in a file."""
    stub_size: int
    """Bytes from one stub to the next; no stub crosses a page."""
    spare_headers: tuple[int, ...]
    """Program header types that a program does not need at run time, best first (p_type)."""
    in_place: Callable[[frozenset[str]], Way | None]
    """The instruction that needs no stub, for these dead registers; None: a stub is needed."""
    stub_refusal: Callable[[frozenset[str]], str]
    """Why a stub cannot serve with these dead registers; empty: it can."""
    jump: Callable[[int, int], bytes | None]
    """(site, stub) -> the instruction at the site; None: out of reach."""
    stub: Callable[[int, int], bytes]
    """(site, stub) -> the stub's code, stub_size bytes."""
    identity_stub: Callable[[int, int], bytes]
    """A stub that runs the original instruction and jumps back, to verify under qemu-user."""
    jump_target: Callable[[int, bytes], int | None]
    """(address, word) -> where a plain jump leads; None: the word is no such jump."""
    in_place_registers: Callable[[bytes], frozenset[str] | None]
    """The registers that an in-place instruction uses up; None: the word is not one."""
    stub_registers: frozenset[str]
    """The registers that a stub uses up."""


BY_ARCH = {
    "riscv64": DirectPath(
        trap=riscv64_direct.TRAP,
        stub_size=riscv64_direct.STUB_SIZE,
        spare_headers=riscv64_direct.SPARE_HEADERS,
        in_place=riscv64_direct.in_place,
        stub_refusal=riscv64_direct.stub_refusal,
        jump=riscv64_direct.jump,
        stub=riscv64_direct.stub,
        identity_stub=riscv64_direct.identity_stub,
        jump_target=riscv64_direct.jump_target,
        in_place_registers=riscv64_direct.in_place_registers,
        stub_registers=riscv64_direct.STUB_REGISTERS,
    ),
    "aarch64": DirectPath(
        trap=aarch64_direct.TRAP,
        stub_size=aarch64_direct.STUB_SIZE,
        spare_headers=aarch64_direct.SPARE_HEADERS,
        in_place=aarch64_direct.in_place,
        stub_refusal=aarch64_direct.stub_refusal,
        jump=aarch64_direct.jump,
        stub=aarch64_direct.stub,
        identity_stub=aarch64_direct.identity_stub,
        jump_target=aarch64_direct.jump_target,
        in_place_registers=aarch64_direct.in_place_registers,
        stub_registers=aarch64_direct.STUB_REGISTERS,
    ),
}
