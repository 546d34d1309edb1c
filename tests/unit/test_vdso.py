"""The vDSO is an ELF file of its own: what libc looks up in it, and what unwinders read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = {"riscv64": "LINUX_4.15", "aarch64": "LINUX_2.6.39"}
PREFIX = {"riscv64": "__vdso_", "aarch64": "__kernel_"}
# `li a7, 139; ecall` and `mov x8, #139; svc #0`: libgcc and gdb know a signal frame by these bytes.
TRAMPOLINE = {"riscv64": "9308b008 73000000", "aarch64": "681180d2 010000d4"}


def vdso(arch: str) -> Path:
    file = ROOT / "build" / arch / "gen" / "vdso.so"
    subprocess.run(["make", "-s", str(file.relative_to(ROOT))], cwd=ROOT, check=True)
    return file


def readelf(option: str, file: Path) -> str:
    return subprocess.run(
        ["llvm-readelf", option, str(file)], capture_output=True, text=True, check=True
    ).stdout


def test_libc_finds_the_clocks_under_linux_names_and_version(arch: str) -> None:
    symbols = readelf("--dyn-syms", vdso(arch))
    for name in ("clock_gettime", "clock_getres", "gettimeofday", "rt_sigreturn"):
        assert f"{PREFIX[arch]}{name}@@{VERSION[arch]}" in symbols


def test_trampoline_is_the_bytes_that_unwinders_know(arch: str) -> None:
    file = vdso(arch)
    found = re.search(
        rf"([0-9a-f]{{16}}) .*{PREFIX[arch]}rt_sigreturn", readelf("--dyn-syms", file)
    )
    assert found is not None
    offset = int(found[1], 16)
    assert file.read_bytes()[offset : offset + 8] == bytes.fromhex(TRAMPOLINE[arch])


def test_vdso_needs_no_relocation(arch: str) -> None:
    assert "no relocations" in readelf("--relocs", vdso(arch)).lower()


def test_vdso_is_one_segment_that_nobody_writes(arch: str) -> None:
    segments = [line for line in readelf("--segments", vdso(arch)).splitlines() if " LOAD " in line]
    assert len(segments) == 1
    assert "R E" in segments[0]


def test_go_finds_the_clock_on_aarch64_with_the_hash_of_another_name() -> None:
    file = vdso("aarch64")
    assert "GNU_HASH" not in readelf("--dynamic", file)
    buckets = re.search(r"Num Buckets: (\d+)", readelf("--hash-table", file))
    assert buckets is not None
    count = int(buckets[1])
    assert elf_hash("__vdso_clock_gettime") % count == elf_hash("__kernel_clock_gettime") % count


def elf_hash(name: str) -> int:
    """The System V ABI's."""
    value = 0
    for byte in name.encode():
        value = (value << 4) + byte
        value = (value ^ (value & 0xF0000000) >> 24) & 0x0FFFFFFF
    return value
