"""A syscall keeps every register but its result's, whatever they hold; so does a signal.

Programs of random registers: each site loads all of them from memory, makes a call, stores what it
finds and compares. Behind some sites a few registers are dead, so that every way of reaching the
kernel is taken; sp is as random as the rest, which is why signals come on an alternate stack.
qemu-user runs the same program first.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, ClassVar

import pytest

from tests.qemu.runs import MODES, in_image, under_qemu_user

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.qemu

ROUNDS = 2000
FLAGS = 0x18000004  # SA_ONSTACK | SA_RESTART | SA_SIGINFO
GETUID, SIGALTSTACK, RT_SIGACTION, SETITIMER, EXIT, UNKNOWN = 174, 132, 134, 103, 93, 1000
SIGALRM = 14

# What both programs have in memory. struct sigaction without SA_RESTORER: handler, flags, zeros.
DATA = f"""
    .data
    .balign 16
saved: .skip 1024
action: .quad handler, {FLAGS}, 0, 0
alternate: .quad stack, 0, 65536
interval: .quad 0, 300, 0, 300
rounds: .quad {ROUNDS}
    .bss
    .balign 16
stack: .skip 65536
"""


def table(name: str, values: list[int]) -> str:
    """A labelled row of 64-bit words, where both architectures can load pairs of vectors from."""
    return f".data\n.balign 16\n{name}: .quad {', '.join(map(str, values))}\n.text"


class Riscv64:
    """Word n of a table is xn, from 32 on fn, then fcsr."""

    # Registers that are dead behind a site: none (a stub), t0 and one more (a vector slot).
    dead = (
        (),
        ("t0", "t1"),
        ("t0", "t2"),
        ("t0", "t3"),
        ("t0", "t4"),
        ("t0", "t5"),
        ("t0", "t6"),
        ("t0", "ra"),
    )
    number_of: ClassVar = {
        "ra": 1,
        "t0": 5,
        "t1": 6,
        "t2": 7,
        "t3": 28,
        "t4": 29,
        "t5": 30,
        "t6": 31,
    }
    result, number, words = 10, 17, 65

    def call(self, number: int, *arguments: int | str) -> str:
        loads = [
            f"l{'la' if isinstance(a, str) else 'i'} a{i}, {a}" for i, a in enumerate(arguments)
        ]
        return "\n".join([*loads, f"li a7, {number}", "ecall"])

    def site(self, number: int, values: str, dead: tuple[str, ...]) -> str:
        others = [n for n in range(1, 32) if n not in (self.result, self.number)]
        return "\n".join([
            f"lla a0, {values}",
            *(f"fld f{n}, {8 * (32 + n)}(a0)" for n in range(32)),
            "ld t0, 512(a0)", "csrw fcsr, t0",
            *(f"ld x{n}, {8 * n}(a0)" for n in others),
            "ld a0, 80(a0)", f"li a7, {number}", "ecall",
            *(f"li {name}, 0" for name in dead),
            "lla a0, saved",
            *(f"sd x{n}, {8 * n}(a0)" for n in others),
            *(f"fsd f{n}, {8 * (32 + n)}(a0)" for n in range(32)),
            "csrr t0, fcsr", "sd t0, 512(a0)",
        ])  # fmt: skip

    def compare(self, expected: str) -> str:
        return f"""
            lla a0, saved
            lla a1, {expected}
            li a2, {self.words}
        1:  ld t0, 0(a0)
            ld t1, 0(a1)
            bne t0, t1, wrong
            addi a0, a0, 8
            addi a1, a1, 8
            addi a2, a2, -1
            bnez a2, 1b
        """

    def special(self, chance: random.Random) -> list[int]:
        """fcsr: a rounding mode and flags."""
        return [chance.randrange(5) << 5 | chance.randrange(32)]

    def fix(self, values: list[int]) -> None:
        values[0] = 0

    loop = """
        lla a0, rounds
        ld t0, 0(a0)
        addi t0, t0, -1
        sd t0, 0(a0)
        beqz t0, 2f
        lla t0, again
        jr t0
    2:
    """
    handler = "\n".join([
        "handler: li t0, 14", "bne a0, t0, wrong", "lw t1, 0(a1)", "bne t1, t0, wrong", "mv s0, ra",
        *(f"li x{n}, {n}" for n in range(3, 32) if n != 8),
        *(f"fcvt.d.l f{n}, t0" for n in range(32)),
        "csrw fcsr, zero", "mv ra, s0", "ret",
    ])  # fmt: skip


class Aarch64:
    """Word n of a table is xn, then sp, NZCV, FPCR, FPSR; from 36 on the vector registers."""

    dead = ((), ("x16", "x17", "flags"))
    number_of: ClassVar = {"x16": 16, "x17": 17, "flags": 32}
    result, number, words = 0, 8, 100

    def call(self, number: int, *arguments: int | str) -> str:
        loads = [f"ldr x{i}, ={a}" for i, a in enumerate(arguments)]
        return "\n".join([*loads, f"mov x8, {number}", "svc 0"])

    def site(self, number: int, values: str, dead: tuple[str, ...]) -> str:
        others = [n for n in range(1, 31) if n != self.number]
        names = [("nzcv", 32), ("fpcr", 33), ("fpsr", 34)]
        return "\n".join([
            f"ldr x0, ={values}",
            *(f"ldr q{n}, [x0, {288 + 16 * n}]" for n in range(32)),
            *(f"ldr x1, [x0, {8 * n}]\nmsr {name}, x1" for name, n in names),
            "ldr x1, [x0, 248]", "mov sp, x1",
            *(f"ldr x{n}, [x0, {8 * n}]" for n in others),
            "ldr x0, [x0]", f"mov x8, {number}", "svc 0",
            *(f"mov {name}, 0" for name in dead if name != "flags"),
            *(["adds xzr, xzr, xzr", "msr nzcv, xzr"] if dead else []),
            "adrp x0, saved", "add x0, x0, :lo12:saved",
            *(f"str x{n}, [x0, {8 * n}]" for n in others),
            *(f"str q{n}, [x0, {288 + 16 * n}]" for n in range(32)),
            *(f"mrs x1, {name}\nstr x1, [x0, {8 * n}]" for name, n in names),
            "mov x1, sp", "str x1, [x0, 248]", "b 9f", ".ltorg", "9:",
        ])  # fmt: skip

    def compare(self, expected: str) -> str:
        return f"""
            ldr x0, =saved
            ldr x1, ={expected}
            mov x2, {self.words}
        1:  ldr x3, [x0], 8
            ldr x4, [x1], 8
            cmp x3, x4
            b.eq 3f
            b wrong
        3:  subs x2, x2, 1
            b.ne 1b
            b 9f
            .ltorg
        9:
        """

    def special(self, chance: random.Random) -> list[int]:
        """The second half of the vector registers."""
        return [chance.getrandbits(64) for _ in range(35)]

    def fix(self, values: list[int]) -> None:
        values[31] &= ~15
        values[32] &= 0xF0000000
        values[33] &= 0x00C00000
        values[34] &= 0x0800001F
        values[35] = 0

    loop = """
        ldr x0, =rounds
        ldr x1, [x0]
        sub x1, x1, 1
        str x1, [x0]
        cbz x1, 2f
        b again
    2:
    """
    handler = "\n".join([
        "handler: cmp x0, 14", "b.ne wrong", "ldr w1, [x1]", "cmp x1, 14", "b.ne wrong",
        *(f"mov x{n}, {n}" for n in range(30)), *(f"movi v{n}.2d, 0" for n in range(32)),
        "msr fpcr, xzr", "msr fpsr, xzr", "ret",
    ])  # fmt: skip


MACHINES: dict[str, Riscv64 | Aarch64] = {"riscv64": Riscv64(), "aarch64": Aarch64()}


def program(arch: str, seed: int) -> str:
    """Exits with 0 when every site kept every register in every round, else with 1."""
    machine = MACHINES[arch]
    chance = random.Random(seed)
    body, data = [], []
    for index, dead in enumerate(machine.dead * 2):
        number = (GETUID, UNKNOWN)[index // len(machine.dead)]
        values = [chance.getrandbits(64) for _ in range(64)] + machine.special(chance)
        values = [*values, 0][: machine.words]
        machine.fix(values)
        expected = list(values)
        for zero in (machine.result, machine.number, *(machine.number_of[name] for name in dead)):
            expected[zero] = 0
        data += [table(f"values{index}", values), table(f"expected{index}", expected)]
        body += [machine.site(number, f"values{index}", dead), machine.compare(f"expected{index}")]
    start = [
        machine.call(SIGALTSTACK, "alternate", 0),
        machine.call(RT_SIGACTION, SIGALRM, "action", 0, 8),
        machine.call(SETITIMER, 0, "interval", 0),
    ]
    return "\n".join([
        ".globl _start", ".text", "_start:", *start, "again:", *body, machine.loop,
        machine.call(EXIT, 0), "wrong:", machine.call(EXIT, 1), machine.handler, *data, DATA,
    ])  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_program_of_random_registers_is_right(
    arch: str, assemble: Callable[[str], Path], seed: int
) -> None:
    assert under_qemu_user(arch, assemble(program(arch, seed)), []) == (b"", 0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", [1, 2])
def test_syscalls_and_signals_keep_every_register(
    arch: str, assemble: Callable[[str], Path], mode: str, seed: int
) -> None:
    done = in_image(assemble(program(arch, seed)), [], options=["--syscalls", mode])
    assert done.returncode == 0, done.stderr
