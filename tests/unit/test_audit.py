"""One program's row: what it can make, what is there of that, the verdict."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hermipy.audit import rows
from hermipy.audit.targets import Job

EXIT = {"riscv64": "li a7, 93\necall", "aarch64": "mov x8, #93\nsvc #0"}
GETTIMEOFDAY = {"riscv64": "li a7, 169\necall", "aarch64": "mov x8, #169\nsvc #0"}
BPF = {"riscv64": "li a7, 280\necall", "aarch64": "mov x8, #280\nsvc #0"}
LOADED = {"riscv64": "ld a7, 0(sp)\necall", "aarch64": "ldr x8, [sp]\nsvc #0"}
LIBRARIES = {"riscv64": "ld-linux-riscv64-lp64d.so.1", "aarch64": "ld-linux-aarch64.so.1"}

Assemble = Callable[[str], Path]


def judged(path: Path, arch: str) -> dict[str, Any]:
    return rows.row(Job(str(path), arch, str(path)))


def test_a_program_whose_syscalls_are_all_there_runs(arch: str, assemble: Assemble) -> None:
    row = judged(assemble(f".globl _start\n_start:\n{EXIT[arch]}"), arch)
    assert row["verdict"] == "runs"
    assert row["syscalls"] == ["exit"]
    assert (row["arch"], row["package"], row["dynamic"]) == (arch, None, False)


def test_an_absent_syscall_is_named(arch: str, assemble: Assemble) -> None:
    row = judged(assemble(f".globl _start\n_start:\n{BPF[arch]}\n{EXIT[arch]}"), arch)
    assert row["absent"] == ["bpf"]
    assert row["verdict"] == "lacks 1: bpf"


def test_every_syscall_has_a_witness_in_the_program(arch: str, assemble: Assemble) -> None:
    row = judged(assemble(f".globl _start\n_start:\n{BPF[arch]}\n{EXIT[arch]}"), arch)
    assert row["witnesses"].keys() == set(row["syscalls"])
    assert row["witnesses"]["bpf"][-1]["object"] == "/program"
    assert row["witnesses"]["bpf"][-1]["address"] > 0


def test_an_unproved_number_is_said_in_the_verdict(arch: str, assemble: Assemble) -> None:
    row = judged(assemble(f".globl _start\n_start:\n{LOADED[arch]}\n{EXIT[arch]}"), arch)
    assert "any other" in row["verdict"]
    assert row["unresolved"][0]["object"] == "/program"


def test_a_program_in_which_no_site_is_found_could_make_any(arch: str, assemble: Assemble) -> None:
    row = judged(assemble(".globl _start\n_start: nop"), arch)
    assert "any other" in row["verdict"]
    assert "no site was found" in row["unresolved"][0]["reason"]


def test_a_damaged_program_is_a_row_with_an_error(arch: str, assemble: Assemble) -> None:
    path = assemble(f".globl _start\n_start:\n{EXIT[arch]}")
    path.write_bytes(path.read_bytes()[:100])
    row = judged(path, arch)
    assert row.keys() == {"path", "arch", "package", "error"}
    assert str(path) in row["error"]


@pytest.fixture
def dynamic(arch: str, tmp_path: Path) -> Path:
    """A root file system with one dynamic program."""
    root = tmp_path / "root"
    for folder in ("usr/bin", "lib"):
        (root / folder).mkdir(parents=True)
    for name in (LIBRARIES[arch], "libc.so.6"):
        shutil.copy(f"/usr/{arch}-linux-gnu/lib/{name}", root / "lib")
    source = tmp_path / "program.c"
    source.write_text("int main(void) { return 0; }\n")
    gcc = [f"{arch}-linux-gnu-gcc", "-o", str(root / "usr/bin/program"), str(source)]
    subprocess.run(gcc, check=True)
    return root


def test_a_dynamic_program_is_judged_with_the_libraries_of_its_root(
    arch: str, dynamic: Path
) -> None:
    file = dynamic / "usr/bin/program"
    job = Job("name", arch, str(file), guest="/usr/bin/program", roots=(str(dynamic),))
    row = rows.row(job)
    assert row["dynamic"]
    assert sorted(row["libraries"]) == sorted((f"/lib/{LIBRARIES[arch]}", "/lib/libc.so.6"))
    sizes = sum(path.stat().st_size for path in (dynamic / "lib").iterdir())
    assert row["sizes"] == {"file": file.stat().st_size, "libraries": sizes}
    assert "exit_group" in row["syscalls"]


def test_missing_libraries_are_named_in_the_verdict(arch: str, dynamic: Path) -> None:
    (dynamic / "lib/libc.so.6").unlink()
    file = dynamic / "usr/bin/program"
    row = rows.row(Job("name", arch, str(file), guest="/usr/bin/program", roots=(str(dynamic),)))
    assert row["missing_libraries"] == ["libc.so.6"]
    assert "libc.so.6 not found" in row["verdict"]
