"""Whoever is killed, QEMU or we: one line and exit 125, or nothing left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.command import HERMIPY, OWN_FAILURE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.qemu

TIMEOUT_S = 60
# Writes one byte, so that the test knows that it runs, and never ends.
FOREVER = {
    "riscv64": """
        .globl _start
        _start: li a0, 1
        lla a1, _start
        li a2, 1
        li a7, 64
        ecall
        1: j 1b
    """,
    "aarch64": """
        .globl _start
        _start: mov x0, 1
        adr x1, _start
        mov x2, 1
        mov x8, 64
        svc 0
        1: b 1b
    """,
}


@pytest.fixture
def running(
    arch: str, assemble: Callable[[str], Path], tmp_path: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A run whose program has started."""
    command = [HERMIPY, "run", assemble(FOREVER[arch])]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as child:
        assert child.stdout is not None
        assert len(child.stdout.read(1)) == 1
        yield child
        child.kill()


def qemu_of(child: subprocess.Popen[bytes]) -> int:
    """The process that it started."""
    children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
    assert len(children) == 1
    return int(children[0])


def test_a_killed_qemu_is_told_in_one_line(running: subprocess.Popen[bytes]) -> None:
    os.kill(qemu_of(running), signal.SIGKILL)
    _, complaint = running.communicate(timeout=TIMEOUT_S)
    assert running.returncode == OWN_FAILURE
    assert complaint == b"hermipy: QEMU ended by SIGKILL, before the program did\n"


def test_no_qemu_outlives_a_killed_run(running: subprocess.Popen[bytes], tmp_path: Path) -> None:
    handle = os.pidfd_open(qemu_of(running))
    running.kill()
    running.wait(TIMEOUT_S)
    assert select.select([handle], [], [], TIMEOUT_S)[0] == [handle]
    os.close(handle)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["program", "program.S"]
