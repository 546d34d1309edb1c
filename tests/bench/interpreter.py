"""python3 to its first line: Debian's, in an image and under qemu-user, with the same files.

Figures are processor time, so that they mean the same on a busy machine; runs alternate.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from hermipy import cache, debian
from tests.conformance import oracle

HERMIPY = str(Path(sys.executable).with_name("hermipy"))
TARGET = "debian:python3"
HELLO = ("-c", 'print("hello")')
CLOCK = ("-c", "import time; print(time.clock_gettime_ns(time.CLOCK_MONOTONIC))")
ROUNDS = 9


def figures(arch: str, image: Path, boot: list[str], counting: list[str]) -> dict[str, float]:
    """Milliseconds, ratios and instructions.

    `boot` is the QEMU command for `image`, which prints hello; `counting` is one with -icount for
    an image that prints the clock.
    """
    packed = [HERMIPY, "run", str(image)]
    warm = [HERMIPY, "run", "--arch", arch, TARGET, *HELLO]
    with tempfile.TemporaryDirectory(dir=cache.folder()) as folder:
        user = _under_qemu_user(arch, Path(folder) / "root")
        rounds = [
            [cpu_ms(command) for command in (user, boot, packed, warm)] for _ in range(ROUNDS)
        ]
    peer, qemu, image_run, warm_run = map(statistics.median, zip(*rounds, strict=True))
    return {
        "python3 hello, instructions": float(_output(counting).split()[-1]),
        "python3 hello under qemu-user, CPU ms": peer,
        "python3 hello, the image's QEMU / qemu-user": qemu / peer,
        "python3 hello, hermipy run IMAGE / qemu-user": image_run / peer,
        "python3 hello, hermipy run debian:python3 / qemu-user": warm_run / peer,
    }


def pack(arch: str, arguments: tuple[str, ...], image: Path) -> Path:
    """An image of python3 with these arguments."""
    command = [HERMIPY, "pack", "--arch", arch, "-o", str(image), TARGET, *arguments]
    subprocess.run(command, check=True)
    return image


def cpu_ms(command: list[str]) -> float:
    """What a command that says hello takes of the processor, children included."""
    before = os.times()
    assert "hello" in _output(command), command
    after = os.times()
    used = after.children_user + after.children_system
    return (used - before.children_user - before.children_system) * 1000


def _under_qemu_user(arch: str, root: Path) -> list[str]:
    target = debian.fetch(TARGET.partition(":")[2], arch)
    oracle.merge(target, root)
    for name in ("bin", "lib", "sbin"):
        if not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    program = root / str(target.guest_path).lstrip("/")
    return [f"qemu-{arch}", "-L", str(root), "-E", f"PYTHONHOME={root}/usr", str(program), *HELLO]


def _output(command: list[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()
