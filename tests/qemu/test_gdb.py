"""`run --gdb`: gdb-multiarch finds its way in program, libraries and kernel, as a user would."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.command import HERMIPY, own_failure
from tests.command import hermipy as command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.qemu

SOURCE = r"""
#include <pthread.h>
#include <unistd.h>

volatile int is_waiting = 1;

__attribute__((noinline)) int twice(int number) {
    return number * 2;
}

static void *other(void *argument) {
    write(1, "two\n", 4);
    return argument;
}

int main(int argc, char **argv) {
    pthread_t thread;
    int result = twice(argc + 20);
    write(1, "one\n", 4);
    pthread_create(&thread, NULL, other, NULL);
    pthread_join(thread, NULL);
    while (is_waiting) {
    }
    return result;
}
"""
PROMPT = "(gdb) "


@pytest.fixture(params=["static", "dynamic"])
def program(request: pytest.FixtureRequest, arch: str, tmp_path: Path) -> Path:
    source, out = tmp_path / "program.c", tmp_path / "program"
    source.write_text(SOURCE)
    link = ["-static"] if request.param == "static" else []
    gcc = [f"{arch}-linux-gnu-gcc", "-g", "-O1", *link, "-pthread", "-o", str(out), str(source)]
    subprocess.run(gcc, check=True)
    return out


@pytest.fixture
def run(program: Path) -> Iterator[pexpect.spawn[str]]:
    child = spawn(HERMIPY, "run", "--gdb", str(program))
    yield child
    child.close(force=True)


def spawn(*words: str) -> pexpect.spawn[str]:
    return pexpect.spawn(words[0], list(words[1:]), timeout=120, encoding="utf-8", echo=False)


def test_a_user_steps_through_program_and_kernel(run: pexpect.spawn[str]) -> None:
    run.expect(r"waiting for gdb on port \d+: (.*)\r\n")
    gdb = spawn(*run.match[1].split(), "-ex", "set width 0", "-ex", "set style enabled off")
    gdb.expect_exact("At the program's first instruction")
    for typed, awaited in (
        ("break main", "program.c, line "),
        ("continue", "main (argc=1, argv="),
        ("break twice", "program.c, line "),
        ("continue", "twice (number=21) at"),
        ("bt", "#1  0x"),
        ("info symbol $pc", "twice in section .text"),
        ("finish", "Value returned is $1 = 42"),
        ("next", "write(1, "),
        ("hbreak sys_write", "Hardware assisted breakpoint"),
        ("continue", "in sys_write ()"),
        ("delete", ""),
        ("break other", "program.c, line "),
        ("continue", "other (argument=0x0)"),
        ("bt", "#0  other (argument=0x0)"),
        ("info threads", "CPU#0"),
        ("continue", "Continuing."),
    ):
        gdb.expect_exact(PROMPT)
        gdb.sendline(typed)
        gdb.expect_exact(awaited)
    run.expect_exact("two\r\n")
    gdb.sendintr()
    gdb.expect_exact("SIGINT")
    gdb.expect_exact(PROMPT)
    gdb.sendline("set var is_waiting = 0")
    gdb.sendline("continue")
    run.expect(pexpect.EOF)
    run.close()
    assert run.exitstatus == 42
    gdb.close(force=True)


def test_a_port_is_for_gdb_only() -> None:
    assert "--gdb-port is for --gdb" in own_failure(command("run", "--gdb-port", "1234", "x"))
