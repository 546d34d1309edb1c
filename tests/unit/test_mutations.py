"""A damaged file is taken or refused in one line, in bounded time and memory: 10,000 mutations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
SMALL_FILES, SEEDS = 1220, 4
LARGE_FILES = 120
PROGRAM = {
    "riscv64": """
        .globl _start
        .type _start, @function
        _start: li a0, 1
        li a7, 64
        ecall
        la t1, table
        ld t1, 0(t1)
        jalr t1
        li a7, 93
        ecall
        .type wrapper, @function
        wrapper: mv a7, a0
        ecall
        ret
        .size wrapper, . - wrapper
        .data
        table: .quad wrapper
    """,
    "aarch64": """
        .globl _start
        .type _start, %function
        _start: mov x0, 1
        mov x8, 64
        svc 0
        adrp x9, table
        ldr x9, [x9, :lo12:table]
        blr x9
        mov x8, 93
        svc 0
        .type wrapper, %function
        wrapper: mov x8, x0
        svc 0
        ret
        .size wrapper, . - wrapper
        .data
        table: .quad wrapper
    """,
}


def taken(program: Path, count: int, seed: int, work: Path) -> int:
    command = [sys.executable, "-m", "tests.unit.mutations", program, str(count), str(seed), work]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return int(done.stdout)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_mutated_small_program_is_taken_or_refused(
    arch: str, seed: int, assemble: Callable[[str], Path], tmp_path: Path
) -> None:
    program = assemble(PROGRAM[arch])
    assert 0 < taken(program, SMALL_FILES, seed, tmp_path) < SMALL_FILES


def test_a_mutated_static_glibc_program_is_taken_or_refused(arch: str, tmp_path: Path) -> None:
    program = tmp_path / "hello"
    gcc = [f"{arch}-linux-gnu-gcc", "-static", "-x", "c", "-", "-o", program]
    subprocess.run(gcc, input=b"int main(void) { return 0; }", check=True)
    assert 0 < taken(program, LARGE_FILES, 1, tmp_path) < LARGE_FILES
