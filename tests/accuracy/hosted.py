"""Traces driven from this machine: servers with their clients, and programs' own test suites.

A session is a shell script (sessions/NAME.sh) of this machine. In its PATH the traced programs are
wrappers that start them under qemu-user with our plugin (seen.c); every other tool is this
machine's own. It runs in namespaces of its own, with a scratch layer above the whole file system,
so that it can neither leave nor break anything.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import cache, debian, table
from tests.accuracy import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hermipy.target import Target

FOLDER = Path(__file__).with_name("sessions")
PLUGIN = Path(__file__).with_name("seen.c")
TIMEOUT_S = 150
_SHARED = Path("/dev/shm")  # the namespaces share the host's /dev
_NUMBERS = 1023  # seen.c
_PART = re.compile(r"^\. .*/(parts/\w+\.sh)\"$", re.MULTILINE)
_FIELD = re.compile(r"^# ([a-z]+): (.+)$", re.MULTILINE)
# $1 scratch, $2 seconds, $3 the session's script.
_SCRIPT = """
set -e
scratch=$1 limit=$2 session=$3
mount -t tmpfs -o size=6g none "$scratch"
cd "$scratch"
mkdir upper state root
mount -t overlay none root -o lowerdir=/,upperdir=upper,workdir=state
mount -t proc none root/proc
mount --rbind /dev root/dev
mkdir -p root/session
ip link set lo up
exec unshare --root=root --wd=/session timeout --kill-after=10 "$limit" sh -eu "$session"
"""
# AArch64's pointers are signed in a way of qemu's own: the architecture's is slow in software.
_CPU = {"riscv64": "", "aarch64": "-cpu max,pauth-impdef=on"}
_WRAPPER = """#!/bin/sh
exec "{emulator}" {cpu} -L "{root}" -plugin "{plugin},into={counts}" -0 "$0" "{program}" "$@"
"""


@dataclass(frozen=True, slots=True)
class Session:
    """What the head of a script says."""

    name: str
    packages: str
    """As behind `debian:`, the program's own package first."""
    programs: tuple[str, ...]
    """Paths; PACKAGE:PATH where it is not the first package's."""
    kind: str
    """`light` or `suite`."""
    part: str
    """What it does, or which part of the suite it runs."""
    source: str | None
    seconds: int
    """After so many it is ended."""

    @property
    def called(self) -> tuple[tuple[str, str], ...]:
        """(package, path) of each program."""
        first = self.packages.partition(",")[0]
        named = (program.rpartition(":") for program in self.programs)
        return tuple((package or first, path) for package, _, path in named)

    @property
    def script(self) -> Path:
        """The file."""
        return FOLDER / f"{self.name}.sh"

    @property
    def text(self) -> str:
        """The script and the parts that it takes in."""
        text = self.script.read_text()
        return text + "".join((FOLDER / part).read_text() for part in _PART.findall(text))


@dataclass(frozen=True, slots=True)
class Counted:
    """What one program did in a session."""

    program: str
    """PACKAGE:PATH."""
    calls: dict[str, int]
    starts: int


def sessions() -> Iterator[Session]:
    """All of them, by name."""
    for script in sorted(FOLDER.glob("*.sh")):
        yield _session(script)


def _session(script: Path) -> Session:
    fields = dict(_FIELD.findall(script.read_text()))
    return Session(
        name=script.stem,
        packages=fields["packages"],
        programs=tuple(fields["programs"].split()),
        kind=fields["kind"],
        part=fields["part"],
        source=fields.get("source"),
        seconds=int(fields.get("seconds", TIMEOUT_S)),
    )


def plugin() -> Path:
    """The plugin, compiled for this machine."""
    built = cache.folder("accuracy") / f"seen-{cache.file_hash(PLUGIN)[:16]}.so"
    if not built.is_file():
        made = built.with_suffix(f".{os.getpid()}")
        command = ["gcc", "-O1", "-fPIC", "-shared", "-o", str(made), str(PLUGIN)]
        subprocess.run(command, check=True)
        made.rename(built)
    return built


def run(session: Session, arch: str, root_of: Callable[[Target], Path], log: Path) -> list[Counted]:
    """Run a session; the log has what it printed."""
    targets = [debian.fetch(f"{session.packages}:{path}", arch) for _, path in session.called]
    with (
        tempfile.TemporaryDirectory(dir=_SHARED) as shared,
        tempfile.TemporaryDirectory(dir=cache.folder()) as scratch,
    ):
        bin_folder = Path(shared, "bin")
        bin_folder.mkdir()
        found = []
        for target, (package, called) in zip(targets, session.called, strict=True):
            root = root_of(target)
            counts = Path(shared, f"{Path(called).name}.counts")
            counts.touch()
            wrapper = bin_folder / Path(called).name
            wrapper.write_text(
                _WRAPPER.format(
                    emulator=shutil.which(f"qemu-{arch}"),
                    cpu=_CPU[arch], root=root, plugin=plugin(),
                    counts=counts, program=f"{root}/{target.guest_path}".replace("//", "/"),
                )
            )  # fmt: skip
            wrapper.chmod(0o755)
            found.append((f"{package}:/{(target.guest_path or '').lstrip('/')}", root, counts))
        _run(session, arch, found[0][1], bin_folder, Path(scratch), log)
        return [Counted(program, *_read(counts, arch)) for program, _, counts in found]


def _run(
    session: Session, arch: str, root: Path, bin_folder: Path, scratch: Path, log: Path
) -> None:
    environment = {
        "PATH": f"{bin_folder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "BIN": str(bin_folder),
        "ROOT": str(root),
        "ARCH": arch,
        "HOME": "/session",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "SOURCE": str(sources.unpacked(session.source)) if session.source else "",
    }
    given = [str(scratch), str(session.seconds), str(session.script)]
    command = [
        "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child",
        "--propagation=private", "sh", "-c", _SCRIPT, "sh", *given,
    ]  # fmt: skip
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        output.write(f"exit status {done.returncode}\n".encode())


def _read(counts: Path, arch: str) -> tuple[dict[str, int], int]:
    data = counts.read_bytes()
    words = struct.unpack(f"<{len(data) // 8}Q", data)
    calls = {
        table.name_of(number, arch): word for number, word in enumerate(words[:_NUMBERS]) if word
    }
    return calls, words[_NUMBERS] if words else 0
