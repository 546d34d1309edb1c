"""Run a program in an image and under qemu-user, the oracle, and compare."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MODES = ("direct", "trap")
TIMEOUT_S = 120


def hermipy(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command, as a user has it."""
    command = [str(Path(sys.executable).with_name("hermipy")), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=TIMEOUT_S, check=False)


def in_image(
    program: Path, arguments: list[str], *, options: list[str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """The program in an image, with `hermipy run` options."""
    limit = ["--timeout", str(TIMEOUT_S - 20)]
    return hermipy("run", *limit, *options, str(program), *arguments, stdin=stdin)


def under_qemu_user(
    arch: str, program: Path, arguments: list[str], *, folder: Path | None = None, stdin: bytes = b""
) -> tuple[bytes, int]:
    """What the program prints to standard output, and its exit status as a shell gives it."""
    command = [f"qemu-{arch}", str(program), *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, cwd=folder, timeout=TIMEOUT_S, check=False)
    return done.stdout, done.returncode if done.returncode >= 0 else 128 - done.returncode
