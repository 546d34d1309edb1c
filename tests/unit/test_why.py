"""`hermipy why` as a user meets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.command import OWN_FAILURE, hermipy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROGRAM = {
    "riscv64": "_start: call f\n li a7, 94\n ecall\nf: li a7, 172\n ecall\n ret",
    "aarch64": "_start: bl f\n mov x8, 94\n svc 0\nf: mov x8, 172\n svc 0\n ret",
}


def program(arch: str, assemble: Callable[[str], Path]) -> Path:
    return assemble(f".globl _start\n.type f, %function\n{PROGRAM[arch]}")


def test_a_way_to_a_syscall_is_told(arch: str, assemble: Callable[[str], Path]) -> None:
    done = hermipy("why", program(arch, assemble), "getpid")
    assert done.returncode == 0, done.stderr
    head, _, *steps = done.stdout.splitlines()
    assert head.endswith("can make getpid:")
    assert [step.split()[-1] for step in steps] == ["entry", "calls", "makes"]


def test_a_syscall_without_a_way_is_exit_status_1(
    arch: str, assemble: Callable[[str], Path]
) -> None:
    done = hermipy("why", program(arch, assemble), "bpf")
    assert done.returncode == 1
    assert "no way leads to bpf" in done.stdout


def test_json_has_the_steps(arch: str, assemble: Callable[[str], Path]) -> None:
    done = hermipy("why", "--json", program(arch, assemble), "getpid")
    found = json.loads(done.stdout)
    assert found["reached"]
    assert found["witness"][-1]["how"] == "makes"


def test_a_name_that_is_none_is_refused(arch: str, assemble: Callable[[str], Path]) -> None:
    done = hermipy("why", program(arch, assemble), "getpidd")
    assert done.returncode == OWN_FAILURE
    assert "no syscall is named 'getpidd'" in done.stderr
