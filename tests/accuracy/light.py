"""Light traces: the commands of `make conformance`, each in a root of its package's files."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from hermipy import cache as folder_of
from hermipy import debian
from tests.accuracy import names
from tests.accuracy.roots import root_of
from tests.conformance import inputs, oracle

if TYPE_CHECKING:
    from tests.conformance.programs import Case

_LOCK = Lock()
_LOGS = Path("/dev/shm")  # the host's /dev is in the oracle's root too


@cache
def _work(arch: str) -> Path:
    """The files that the commands name."""
    folder = Path("build/accuracy/work", arch).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    inputs.make(folder, arch)
    return folder


def calls(case: Case) -> dict[str, int]:
    """How often a command made each syscall; raises HermipyError, subprocess.TimeoutExpired."""
    target = debian.fetch(name_of(case), case.arch)
    root = root_of(target)
    with _LOCK:
        work = _work(case.arch)
    stdin = (work / case.stdin).read_bytes() if case.stdin else b""
    path = f"/{target.guest_path}".replace("//", "/")
    with (
        tempfile.TemporaryDirectory(dir=folder_of.folder()) as scratch,
        tempfile.TemporaryDirectory(dir=_LOGS) as logs,
    ):
        log = Path(logs, "log")
        command = ["-strace", "-D", str(log), "-0", target.name, path, *case.command[1:]]
        oracle.run(case.arch, root, Path(scratch), work, command, stdin)
        return names.counted(log.read_bytes(), case.arch)


def name_of(case: Case) -> str:
    """The text behind `debian:` for the case's program."""
    if ":" in case.target:
        return case.target
    word = case.command[0]
    return f"{case.target}:{word if word.startswith('/') else f'/usr/bin/{word}'}"
