"""The only place that starts other programs.

Their output is captured; their absence and their failure are errors of ours.
"""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

from hermipy.errors import MissingToolError, ToolFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Debian's package for each program that Hermipy starts.
PACKAGES = {
    "ld.lld": "lld",
    "qemu-system-riscv64": "qemu-system-misc",
    "qemu-system-aarch64": "qemu-system-arm",
    "apt-get": "apt",
    "apt-cache": "apt",
    "dpkg-deb": "dpkg",
}

_MAX_DETAIL_CHARACTERS = 300
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_LIBC = ctypes.CDLL(None)

Child = subprocess.Popen[bytes]


def find(tool: str) -> str:
    """Path of an installed program; raises MissingToolError."""
    path = shutil.which(tool)
    if path is None:
        raise MissingToolError(tool, PACKAGES.get(tool, tool))
    return path


def run(
    arguments: Sequence[str],
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run to the end and give what was printed to stdout; raises ToolFailedError with a reason."""
    tool = find(arguments[0])
    try:
        ended = subprocess.run(
            [tool, *arguments[1:]],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise ToolFailedError(tool, error.strerror or str(error)) from error
    if ended.returncode != 0:
        raise ToolFailedError(arguments[0], _reason(ended))
    return ended.stdout.decode(errors="replace")


def _reason(ended: subprocess.CompletedProcess[bytes]) -> str:
    """The line that says most: the first that speaks of an error, or the last."""
    text = (ended.stderr or ended.stdout).decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return f"exit status {ended.returncode}"
    told = next(
        (line for line in lines if "error" in line.lower() or line.startswith("E:")), lines[-1]
    )
    return told[:_MAX_DETAIL_CHARACTERS]


def ending(child: Child, seconds: float) -> str:
    """In words how a child ended that had to end within a time; after that it is killed."""
    try:
        status = child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        return "not at all and was killed"
    return f"by {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"


def spawn(
    arguments: Sequence[str], *, stdin: int, stdout: int, stderr: int, inherit: Sequence[int] = ()
) -> Child:
    """Start a program that runs beside us and dies with us.

    It gets a session of its own: the terminal's ^C is for the relay, which passes it on. Raises
    ToolFailedError.
    """
    tool = find(arguments[0])
    try:
        return subprocess.Popen(
            [tool, *arguments[1:]],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=tuple(inherit),
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  no threads; only the child can
        )
    except OSError as error:
        raise ToolFailedError(tool, error.strerror or str(error)) from error


def serve(arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
    """Start a program that is asked through its stdin, answers on its stdout and ends with them.

    It gets a session of its own, so that ^C is ours alone. Raises ToolFailedError.
    """
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolFailedError(arguments[0], error.strerror or str(error)) from error


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
