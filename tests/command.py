"""The `hermipy` command as a user has it, and what a failure of ours must look like."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERMIPY = str(Path(sys.executable).with_name("hermipy"))
OWN_FAILURE = 125
EXIT_ONLY = {
    "riscv64": ".globl _start\n_start: li a0, 0\n li a7, 93\n ecall",
    "aarch64": ".globl _start\n_start: mov x0, 0\n mov x8, 93\n svc 0",
}
# As root, every file can be read and written; without these two capabilities root is as anyone.
PLAIN_USER = (
    ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
)


def hermipy(
    *arguments: str | Path, before: list[str] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run it, behind the words of `before` (prlimit, setpriv ...)."""
    return subprocess.run(
        [*(before or []), HERMIPY, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def own_failure(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a failure of ours."""
    assert done.returncode == OWN_FAILURE, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("hermipy: ")
    return done.stderr
