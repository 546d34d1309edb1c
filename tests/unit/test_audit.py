from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hermipy import audit
from hermipy.errors import HermipyError

EXIT = {"riscv64": "li a7, 93\necall", "aarch64": "mov x8, #93\nsvc #0"}
BPF = {"riscv64": "li a7, 280\necall", "aarch64": "mov x8, #280\nsvc #0"}
LOADED = {"riscv64": "ld a7, 0(sp)\necall", "aarch64": "ldr x8, [sp]\nsvc #0"}

Assemble = Callable[[str], Path]


def only_program(path: Path) -> dict[str, object]:
    (program,) = audit.audit((path,))["programs"]
    return program


def test_a_program_whose_syscalls_are_all_there_runs(arch: str, assemble: Assemble) -> None:
    program = only_program(assemble(f".globl _start\n_start:\n{EXIT[arch]}"))
    assert program["verdict"] == "runs"
    assert program["syscalls"] == ["exit", "restart_syscall", "rt_sigreturn"]


def test_an_absent_syscall_is_named(arch: str, assemble: Assemble) -> None:
    program = only_program(assemble(f".globl _start\n_start:\n{BPF[arch]}\n{EXIT[arch]}"))
    assert program["absent"] == ["bpf"]
    assert str(program["verdict"]).startswith("lacks 1")


def test_an_unproved_number_is_said_in_the_verdict(arch: str, assemble: Assemble) -> None:
    program = only_program(assemble(f".globl _start\n_start:\n{LOADED[arch]}\n{EXIT[arch]}"))
    assert "any other" in str(program["verdict"])


def test_a_directory_gives_a_row_per_program(arch: str, assemble: Assemble) -> None:
    path = assemble(f".globl _start\n_start:\n{EXIT[arch]}")
    (path.parent / "text").write_text("no program")
    (path.parent / "broken").write_bytes(path.read_bytes()[:100])
    rows = audit.audit((path.parent,))["programs"]
    assert [("error" in row, Path(str(row["path"])).name) for row in rows] == [
        (True, "broken"),
        (False, "program"),
    ]


def test_a_named_file_that_is_no_program_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    with pytest.raises(HermipyError):
        audit.audit((tmp_path / "text",))
