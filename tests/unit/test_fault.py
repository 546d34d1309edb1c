"""Fault reports: the kernel's lines, the RISC-V prologue, and a walk up a made-up stack."""

from __future__ import annotations

import struct
import subprocess
from typing import TYPE_CHECKING

import pytest

from hermipy import elf, fault, unwind
from hermipy.arch import riscv64_prologue

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """signal 11 1 0x10
thread 1 name with spaces
pc 0x10632 0x632 /program
register 1 0x10640
register 2 0x3fd0
area 0x10000 0x70000 r-xp 0x0 /program
area 0x3f00 0x4000 rw-p 0x0
"""


def test_the_kernels_lines_are_read() -> None:
    found = fault.read(TEXT, (0x3FD0, b""))
    assert (found.signo, found.code, found.address, found.pc) == (11, 1, 0x10, 0x10632)
    assert found.thread == "1 name with spaces"
    assert found.registers == {1: 0x10640, 2: 0x3FD0}
    assert found.areas[0] == fault.Area(0x10000, 0x70000, "r-xp", 0, "/program")
    assert found.areas[1].name == ""


def test_a_report_cut_short_is_still_a_report() -> None:
    assert fault.read("", (0, b"")).signo == 0


PROLOGUES = [
    ("addi sp, sp, -16; sd ra, 8(sp)", (16, -8)),
    ("addi sp, sp, -496; sd ra, 488(sp); sd s0, 480(sp)", (496, -8)),
    ("addi sp, sp, -32; sd s0, 16(sp)", (32, None)),
    ("addi sp, sp, -1040; sd ra, 1032(sp)", (1040, -8)),
    ("addi sp, sp, -64; sd ra, 40(sp); addi sp, sp, -48", (112, -24)),
    ("mv a0, a1", (0, None)),
]


@pytest.mark.parametrize("extension", ["rv64gc", "rv64g"])
@pytest.mark.parametrize(("source", "expected"), PROLOGUES)
def test_a_riscv_prologue_says_where_the_return_address_lies(
    source: str, expected: tuple[int, int | None], extension: str, tmp_path: Path
) -> None:
    text, out = tmp_path / "p.S", tmp_path / "p.o"
    text.write_text(source.replace("; ", "\n") + "\n")
    gcc = ["riscv64-linux-gnu-gcc", f"-march={extension}", "-mabi=lp64d", "-c", str(text)]
    subprocess.run([*gcc, "-o", str(out)], check=True)
    binary = tmp_path / "p.bin"
    copy = ["riscv64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", str(out), str(binary)]
    subprocess.run(copy, check=True)
    assert riscv64_prologue.frame(binary.read_bytes()) == expected


NESTED = """
__attribute__((noinline)) int inner(volatile int *p) { return *p + 1; }
__attribute__((noinline)) int middle(volatile int *p) { return inner(p) + 1; }
__attribute__((noinline)) int outer(volatile int *p) { return middle(p) + 1; }
void _start(void) { outer((int *)0); }
"""


@pytest.mark.parametrize(
    "tables", ["-fasynchronous-unwind-tables", "-fno-asynchronous-unwind-tables"]
)
def test_a_backtrace_walks_up_to_the_start(arch: str, tables: str, tmp_path: Path) -> None:
    source, out = tmp_path / "n.c", tmp_path / "n"
    source.write_text(NESTED)
    gcc = [f"{arch}-linux-gnu-gcc", "-O1", "-nostdlib", "-static", tables, "-o", str(out)]
    subprocess.run([*gcc, str(source)], check=True)
    file = elf.read(out)
    starts = {symbol.name: symbol.address for symbol in file.symbols}
    # As after the calls _start -> outer -> middle -> inner: each frame is 16 bytes, its return
    # address in the upper word on RISC-V; on AArch64 the pair (x29, x30) at its start.
    returns = {
        name: starts[name] + (10 if arch == "riscv64" else 16) for name in ("outer", "middle")
    }
    sp = 0x4000
    if arch == "riscv64":
        stack = struct.pack("<4Q", 0, returns["outer"] - 2, 0, starts["_start"] + 10)
        registers = {1: returns["middle"] - 2, 2: sp}
    else:
        stack = struct.pack("<4Q", sp + 16, returns["outer"] - 4, sp + 32, starts["_start"] + 12)
        registers = {30: returns["middle"] - 4, 31: sp, 29: sp}
    state = unwind.State(starts["inner"], registers, (sp, stack))

    def linked(address: int) -> int | None:
        return address if file.read(address, 1) else None

    def code_before(address: int) -> bytes | None:
        start = max(value for value in starts.values() if value <= address)
        return file.read(start, address - start)

    tables = unwind.Tables(file.data)
    program = unwind.Program(lambda _: tables, linked, code_before)
    frames = unwind.backtrace(state, arch, program)
    names = [max((v, n) for n, v in starts.items() if v <= pc and n in NESTED)[1] for pc in frames]
    assert names == ["inner", "middle", "outer", "_start"]
