"""Whatever is wrong with the user's files or machine: one line, exit 125, nothing half-written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hermipy import elf, link, process

if TYPE_CHECKING:
    from collections.abc import Callable

HERMIPY = str(Path(sys.executable).with_name("hermipy"))
EXIT_ONLY = {
    "riscv64": ".globl _start\n_start: li a0, 0\n li a7, 93\n ecall",
    "aarch64": ".globl _start\n_start: mov x0, 0\n mov x8, 93\n svc 0",
}


def hermipy(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HERMIPY, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def own_failure(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a failure of ours."""
    assert done.returncode == 125, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("hermipy: ")
    return done.stderr


@pytest.fixture
def program(arch: str, assemble: Callable[[str], Path]) -> Path:
    return assemble(EXIT_ONLY[arch])


def damage(program: Path, offset: int, data: bytes) -> Path:
    contents = bytearray(program.read_bytes())
    contents[offset : offset + len(data)] = data
    program.write_bytes(contents)
    return program


COMMANDS = (["run"], ["pack", "-o", "OUT"], ["scan"], ["rewrite", "-o", "OUT"])


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("offset", "data", "message"),
    [
        (0, b"#!/bin/sh\n", "script"),
        (0, b"\0\0\0\0", "not an ELF file"),
        (4, b"\1", "32-bit"),
        (16, b"\4\0", "core dump"),
        (18, b"\x3e\0", "x86-64"),
        (32, b"\xff" * 8, "truncated"),
    ],
)
def test_a_file_that_is_no_program_of_ours(
    program: Path, command: list[str], offset: int, data: bytes, message: str, tmp_path: Path
) -> None:
    target = damage(program, offset, data)
    out = tmp_path / "out"
    words = [str(out) if word == "OUT" else word for word in command]
    line = own_failure(hermipy(*words, target))
    assert message in line
    assert str(target) in line
    assert not out.exists()


@pytest.mark.parametrize("size", [0, 3, 40, 100])
def test_a_truncated_file(program: Path, size: int) -> None:
    program.write_bytes(program.read_bytes()[:size])
    own_failure(hermipy("run", program))


def test_a_segment_of_bss_alone_may_lie_behind_the_end_of_the_file(
    arch: str, assemble: Callable[[str], Path]
) -> None:
    program = assemble(EXIT_ONLY[arch] + "\n .bss\n .skip 64")
    assert hermipy("scan", program).returncode == 0


def test_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    for command in ("run", "scan", "inspect"):
        assert "no such file" in own_failure(hermipy(command, tmp_path / "absent"))
        own_failure(hermipy(command, tmp_path))


def test_output_that_cannot_be_written(program: Path, tmp_path: Path) -> None:
    for out in (tmp_path / "absent" / "x", tmp_path, Path("/dev/full"), program):
        assert "cannot write" in own_failure(hermipy("rewrite", program, "-o", out))
    assert elf.read(program).arch


def test_a_missing_linker_is_named_with_its_package(program: Path, tmp_path: Path) -> None:
    with_nothing = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    link.kernel_folder(elf.read(program).arch)
    line = own_failure(hermipy("pack", "-o", tmp_path / "out", program, **with_nothing))
    assert "apt-get install lld" in line
    assert not (tmp_path / "out").exists()


def test_a_missing_qemu_is_named_with_its_package(arch: str, program: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    linker = shutil.which("ld.lld")
    assert linker
    (tmp_path / "bin/ld.lld").symlink_to(linker)
    line = own_failure(hermipy("run", program, PATH=str(tmp_path / "bin")))
    assert process.PACKAGES[f"qemu-system-{arch}"] in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["--memory", "much"],
        ["--memory", "0"],
        ["--timeout", "soon"],
        ["--arch", "x86"],
        ["--assume", "no_such_call"],
        ["--add", "nowhere:/x"],
        ["--rootfs", "/nowhere"],
        ["--env", "=x"],
        ["--workdir", "relative"],
        ["--syscalls", "both"],
        ["--no-such-option"],
    ],
    ids=" ".join,
)
def test_an_option_that_makes_no_sense(program: Path, arguments: list[str]) -> None:
    own_failure(hermipy("run", *arguments, program))


def test_what_follows_the_target_is_the_programs(program: Path) -> None:
    done = hermipy("run", "--dry-run", program, "--memory", "much", "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("qemu-system-")


def test_help_shows_examples() -> None:
    for command in ("run", "pack", "scan", "rewrite", "verify", "audit", "inspect"):
        done = hermipy(command, "--help")
        assert done.returncode == 0
        assert "Example" in done.stdout
