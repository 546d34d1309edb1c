"""Programs that published analyses were shown on: our answer, its time, and theirs.

Theirs are for x86-64 and for other versions: B-Side (Thévenon et al., Middleware 2024, arXiv
2410.18053), sysfilter (DeMarinis et al., RAID 2020) and SysPart (Rajagopalan et al., CCS 2023), the
figures of the last two as in table 2 of the SysPart paper.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from hermipy import debian
from tests.accuracy import predict
from tests.accuracy.predict import Answer
from tests.accuracy.roots import root_of

ARCHES = ("riscv64", "aarch64")


@dataclass(frozen=True, slots=True)
class Known:
    """A program, and how many syscalls the others found in it; None: no figure published."""

    target: str
    sysfilter: int | None = None
    syspart: int | None = None


PROGRAMS = (
    Known("coreutils:/usr/bin/ls"),
    Known("coreutils:/usr/bin/sort"),
    Known("busybox-static:/usr/bin/busybox"),
    Known("redis-server:/usr/bin/redis-server", 104, 92),
    Known("nginx:/usr/sbin/nginx", 115, 108),
    Known("memcached:/usr/bin/memcached", 104, 98),
    Known("lighttpd:/usr/sbin/lighttpd", 99, 95),
    Known("sqlite3:/usr/bin/sqlite3"),
    Known("python3:/usr/bin/python3"),
    Known("openssh-client:/usr/bin/ssh"),
    Known("curl:/usr/bin/curl"),
    Known("restic:/usr/bin/restic"),  # Go
    Known("ripgrep:/usr/bin/rg"),  # Rust
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Our answer about one of them."""

    target: str
    arch: str
    syscalls: int
    closure: int
    unresolved: int
    cold_s: float
    """With an empty cache, the start of Python included."""
    warm_s: float


def measure(known: Known, arch: str) -> Measured:
    """Analyse a program twice, in a cache of its own."""
    target = debian.fetch(known.target, arch)
    root = root_of(target)
    path = Path(root, (target.guest_path or "").lstrip("/"))
    with tempfile.TemporaryDirectory() as folder:
        answer, cold_s = _timed(path, arch, root, folder)
        _, warm_s = _timed(path, arch, root, folder)
    plain = predict.answers(path, arch, root).closure
    return Measured(
        known.target, arch, len(answer.syscalls), len(plain.syscalls), answer.unresolved,
        cold_s, warm_s,
    )  # fmt: skip


def _timed(path: Path, arch: str, root: Path, folder: str) -> tuple[Answer, float]:
    command = [sys.executable, "-m", "tests.accuracy.known", str(path), arch, str(root)]
    environment = {**os.environ, "XDG_CACHE_HOME": folder}
    start = time.monotonic()
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    return Answer(**json.loads(done.stdout)), round(time.monotonic() - start, 2)


def main() -> None:
    """One answer as JSON: what `measure` times."""
    path, arch, root = sys.argv[1:]
    answer = predict.ours(Path(path), arch, Path(root))
    print(json.dumps(asdict(answer)))


if __name__ == "__main__":
    main()
