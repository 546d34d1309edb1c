"""Run one rewritten site in an emulator (Unicorn), from the site to the vector page.

What comes out is compared with what went in: this is the proof that a stub keeps what DIRECT.md
promises, made from the bytes of the rewritten file and from nothing that the rewriter believes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import unicorn
from unicorn import arm64_const, riscv_const

if TYPE_CHECKING:
    from collections.abc import Mapping

PERCPU_VA = 0xFFFF_FFFF_FFFF_E000  # kernel/include/layout.h
VECTOR_VA = 0xFFFF_FFFF_FFFF_F000
_PAGE = 4096
_MASK = (1 << 64) - 1
_MAX_INSTRUCTIONS = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a site led, and what it changed on the way."""

    pc: int
    changed: Mapping[str, int]
    """Registers that differ from before, with their new values."""
    before: Mapping[str, int]
    writes: Mapping[int, int]
    """64-bit stores, by address."""


@dataclass(frozen=True, slots=True)
class _Machine:
    arch: int
    mode: int
    registers: Mapping[str, int]
    wide: frozenset[str] = frozenset()
    fixed: tuple[tuple[str, int], ...] = ()


_RISCV_NAMES = [
    "ra",
    "sp",
    "gp",
    "tp",
    "t0",
    "t1",
    "t2",
    "s0",
    "s1",
    "a0",
    "a1",
    "a2",
    "a3",
    "a4",
    "a5",
    "a6",
    "a7",
    "s2",
    "s3",
    "s4",
    "s5",
    "s6",
    "s7",
    "s8",
    "s9",
    "s10",
    "s11",
    "t3",
    "t4",
    "t5",
    "t6",
]
_RISCV = _Machine(
    arch=unicorn.UC_ARCH_RISCV,
    mode=unicorn.UC_MODE_RISCV64,
    registers={
        **{name: riscv_const.UC_RISCV_REG_X1 + i for i, name in enumerate(_RISCV_NAMES)},
        **{f"f{i}": riscv_const.UC_RISCV_REG_F0 + i for i in range(32)},
        "sscratch": riscv_const.UC_RISCV_REG_SSCRATCH,
    },
    fixed=(("sscratch", PERCPU_VA),),
)
_ARM = _Machine(
    arch=unicorn.UC_ARCH_ARM64,
    mode=unicorn.UC_MODE_ARM,
    registers={
        **{f"x{i}": getattr(arm64_const, f"UC_ARM64_REG_X{i}") for i in range(31)},
        **{f"v{i}": getattr(arm64_const, f"UC_ARM64_REG_Q{i}") for i in range(32)},
        "sp": arm64_const.UC_ARM64_REG_SP,
        "nzcv": arm64_const.UC_ARM64_REG_NZCV,
    },
    wide=frozenset(f"v{i}" for i in range(32)),
    fixed=(("nzcv", 0x6000_0000),),
)
_MACHINES = {"riscv64": _RISCV, "aarch64": _ARM}


class Probe:
    """An emulator that holds one rewritten file's site and stub pages."""

    def __init__(self, arch: str, seed: int = 0) -> None:
        self._machine = _MACHINES[arch]
        self._random = random.Random(seed)  # noqa: S311  test values, not secrets
        self._mapped: set[int] = set()
        self._writes: dict[int, int] = {}
        self._emulator: Any = unicorn.Uc(self._machine.arch, self._machine.mode)
        self._emulator.mem_map(PERCPU_VA, _PAGE)
        self._emulator.hook_add(unicorn.UC_HOOK_MEM_WRITE, self._note_write)

    def load(self, address: int, code: bytes) -> None:
        """Put code where the site or its stub lies."""
        for page in range(address & -_PAGE, address + len(code), _PAGE):
            if page not in self._mapped:
                self._emulator.mem_map(page, _PAGE)
                self._mapped.add(page)
        self._emulator.mem_write(address, code)

    def run(self, site: int) -> Outcome:
        """From the site until the code leaves what is loaded."""
        before = self._randomise()
        self._writes = {}
        try:
            self._emulator.emu_start(site, 0, count=_MAX_INSTRUCTIONS)
        except unicorn.UcError as error:
            if error.errno != unicorn.UC_ERR_FETCH_UNMAPPED:
                raise
        after = {name: self._read(name) for name in before}
        changed = {name: value for name, value in after.items() if value != before[name]}
        return Outcome(self._pc(), changed, before, self._writes)

    def _randomise(self) -> dict[str, int]:
        fixed = dict(self._machine.fixed)
        for name, register in self._machine.registers.items():
            bits = 128 if name in self._machine.wide else 64
            value = fixed.get(name, self._random.getrandbits(bits))
            self._emulator.reg_write(register, value)
        return {name: self._read(name) for name in self._machine.registers}

    def _read(self, name: str) -> int:
        return int(self._emulator.reg_read(self._machine.registers[name]))

    def _pc(self) -> int:
        register = (
            riscv_const.UC_RISCV_REG_PC if self._machine is _RISCV else arm64_const.UC_ARM64_REG_PC
        )
        return int(self._emulator.reg_read(register))

    def _note_write(
        self, _uc: object, _kind: int, address: int, size: int, value: int, _: object
    ) -> None:
        del size
        self._writes[address & _MASK] = value & _MASK
