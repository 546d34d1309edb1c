"""Run a program in an image and under qemu-user, the oracle, and compare."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

MODES = ("direct", "trap")
TIMEOUT_S = 120
# An image's own.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
}


class Given(NamedTuple):
    """What a run leaves behind; the exit status is as a shell gives it."""

    stdout: bytes
    stderr: bytes
    status: int


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
    arch: str,
    program: Path,
    arguments: list[str],
    *,
    stdin: bytes = b"",
    variables: tuple[str, ...] = (),
) -> tuple[bytes, int]:
    """What the program prints to standard output, and its exit status."""
    given = _oracle(arch, program, arguments, None, stdin, variables)
    return given.stdout, given.status


def assert_same(
    arch: str,
    mode: str,
    program: Path,
    arguments: list[str],
    *,
    folder: Path | None = None,
    stdin: bytes = b"",
) -> None:
    """Both outputs and the exit status are the same in an image as under qemu-user.

    `folder` is the working directory, and is in the image.
    """
    expected = _oracle(arch, program, arguments, folder, stdin)
    options = ["--syscalls", mode]
    if folder is not None:
        options += ["--add", f"{folder}:{folder}", "--workdir", str(folder)]
    done = in_image(program, arguments, options=options, stdin=stdin)
    assert Given(done.stdout, done.stderr, done.returncode) == expected


def _oracle(
    arch: str,
    program: Path,
    arguments: list[str],
    folder: Path | None,
    stdin: bytes,
    variables: tuple[str, ...] = (),
) -> Given:
    # Where a dynamic program's libraries are; a static one does not look.
    command = [f"qemu-{arch}", "-L", f"/usr/{arch}-linux-gnu"]
    for setting in variables:  # LD_PRELOAD is not for qemu itself
        command += ["-E", setting]
    command += [str(program), *arguments]
    done = subprocess.run(
        command, input=stdin, capture_output=True, cwd=folder, env=ENVIRONMENT,
        timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Given(done.stdout, done.stderr, status)
