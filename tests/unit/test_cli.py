"""The command line as a user meets it: help, tables for people and for programs, doctor."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from tests.command import EXIT_ONLY, HERMIPY, OWN_FAILURE, hermipy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUBCOMMANDS = ("run", "pack", "scan", "rewrite", "verify", "audit", "inspect", "doctor")


@pytest.fixture
def program(arch: str, assemble: Callable[[str], Path]) -> Path:
    return assemble(EXIT_ONLY[arch])


def test_what_follows_the_target_is_the_programs(program: Path) -> None:
    done = hermipy("run", "--dry-run", program, "--memory", "much", "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("qemu-system-")


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_help_has_an_example_with_the_command(command: str) -> None:
    done = hermipy(command, "--help")
    assert done.returncode == 0
    _, _, examples = done.stdout.partition("Example")
    assert f"hermipy {command}" in examples or f"| hermipy {command}" in examples


def test_help_lists_every_command_and_says_what_125_means() -> None:
    done = hermipy("--help")
    assert "Examples:" in done.stdout
    assert "125" in done.stdout
    for command in SUBCOMMANDS:
        assert f"\n  {command} " in done.stdout
    assert hermipy().stdout == done.stdout


def test_the_version_is_the_packages() -> None:
    assert hermipy("--version").stdout.startswith("hermipy, version ")


def tables(program: Path, tmp_path: Path) -> dict[str, list[str | Path]]:
    """Each command that prints a table."""
    rewritten, image = tmp_path / "rewritten", tmp_path / "image"
    assert hermipy("rewrite", program, "-o", rewritten).returncode == 0
    assert hermipy("pack", "-o", image, program).returncode == 0
    return {
        "scan": ["scan", program],
        "rewrite": ["rewrite", program, "-o", tmp_path / "again"],
        "verify": ["verify", program, rewritten],
        "audit": ["audit", program],
        "inspect": ["inspect", image],
        "doctor": ["doctor"],
    }


def test_every_table_is_there_as_json(arch: str, program: Path, tmp_path: Path) -> None:
    keys: dict[str, set[str]] = {
        "scan": {"file", "arch", "sites", "unresolved"},
        "rewrite": {"sites", "direct", "trap", "added_bytes"},
        "verify": {"sound", "direct", "trap"},
        "audit": {"programs", "summary"},
        "inspect": {"arch", "kernel_bytes", "modules", "syscalls", "files", "sites"},
        "doctor": {"findings"},
    }
    for name, command in tables(program, tmp_path).items():
        option = ["--json", "-"] if name == "audit" else ["--json"]
        facts: dict[str, Any] = json.loads(hermipy(*command, *option).stdout)
        assert keys[name] <= facts.keys()
        assert facts.get("arch", arch) == arch


def test_no_colour_reaches_a_pipe_or_a_terminal_that_is_dumb(program: Path, tmp_path: Path) -> None:
    for command in tables(program, tmp_path).values():
        assert "\x1b" not in hermipy(*command, TERM="xterm-256color").stdout
    dumb = pexpect.spawn(HERMIPY, ["scan", str(program)], env={**os.environ, "NO_COLOR": "1"})
    dumb.expect(pexpect.EOF)
    assert b"\x1b" not in dumb.before


def test_doctor_finds_everything_where_everything_is() -> None:
    done = hermipy("doctor")
    assert done.returncode == 0, done.stdout
    assert "ok       ld.lld" in done.stdout


@pytest.mark.parametrize("absent", ["ld.lld", "qemu-system-riscv64", "qemu-system-aarch64"])
def test_doctor_names_what_is_missing_and_what_brings_it(tmp_path: Path, absent: str) -> None:
    tools = {"ld.lld", "qemu-system-riscv64", "qemu-system-aarch64", "apt-get", "dpkg-deb"}
    for tool in tools - {absent}:
        (tmp_path / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool}"))
    done = hermipy("doctor", PATH=str(tmp_path))
    assert done.returncode == OWN_FAILURE
    missing = [line for line in done.stdout.splitlines() if line.startswith("missing")]
    assert len(missing) == 1
    assert missing[0].startswith(f"missing  {absent}: apt-get install ")


def test_doctor_can_do_without_what_only_debian_targets_need(tmp_path: Path) -> None:
    for tool in ("ld.lld", "qemu-system-riscv64", "qemu-system-aarch64"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool}"))
    done = hermipy("doctor", PATH=str(tmp_path))
    assert done.returncode == 0
    assert "missing  apt-get: apt-get install apt (only for debian: targets)" in done.stdout


def test_doctor_says_when_a_tool_is_broken_or_too_old(tmp_path: Path) -> None:
    for tool, text in {
        "ld.lld": "LLD 11.0.1",
        "qemu-system-riscv64": "QEMU emulator version 9.2.0",
    }.items():
        (tmp_path / tool).write_text(f"#!/bin/sh\necho {text}\n")
        (tmp_path / tool).chmod(0o755)
    (tmp_path / "qemu-system-aarch64").write_text("no program at all")
    (tmp_path / "qemu-system-aarch64").chmod(0o755)
    lines = {
        line.split()[1]: line for line in hermipy("doctor", PATH=str(tmp_path)).stdout.splitlines()
    }
    assert "11.0.1 is older than 14.0" in lines["ld.lld:"]
    assert lines["qemu-system-riscv64:"] == "ok       qemu-system-riscv64: 9.2.0"
    assert "Exec format error" in lines["qemu-system-aarch64:"]


def test_doctor_says_when_nothing_can_be_cached() -> None:
    done = hermipy("doctor", XDG_CACHE_HOME="/dev/null")
    assert done.returncode == OWN_FAILURE
    assert "XDG_CACHE_HOME" in done.stdout
