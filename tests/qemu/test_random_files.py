"""Long random sequences of file system calls give in an image what they give on Linux's tmpfs."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.qemu.runs import hermipy

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.qemu,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may chroot(2)"),
]

SOURCE = Path(__file__).with_name("random_files.c")
TMPFS = Path("/dev/shm")  # the oracle's file system has to be a tmpfs
GUEST = "/tree"
STEPS = 3000
NAMES = "abcde"


@cache
def program(arch: str) -> Path:
    binary = Path(tempfile.mkdtemp(prefix="hermipy-test.")) / f"random_files.{arch}"
    gcc = [f"{arch}-linux-gnu-gcc", "-O1", "-static", "-o", str(binary), str(SOURCE)]
    subprocess.run(gcc, check=True)
    return binary


@pytest.fixture
def tree(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A small random tree on a tmpfs; the image starts with the same one."""
    if not os.path.ismount(TMPFS):
        pytest.skip("/dev/shm is no tmpfs")
    folder = Path(tempfile.mkdtemp(prefix="hermipy-test.", dir=TMPFS))
    source = random.Random(request.node.name)
    _fill(folder / "tree", source, depth=0)
    yield folder / "tree"
    shutil.rmtree(folder)


def _fill(folder: Path, source: random.Random, depth: int) -> None:
    folder.mkdir()
    for name in NAMES:
        kind = source.randrange(6)
        if kind == 0 and depth < 2:
            _fill(folder / name, source, depth + 1)
        elif kind == 1:
            (folder / name).symlink_to(source.choice(NAMES))
        elif kind > 2:
            (folder / name).write_bytes(source.randbytes(source.choice([0, 10, 4096, 70001])))


def check(arch: str, seed: int, tree: Path, *who: str) -> None:
    command = [str(program(arch)), str(seed), str(STEPS)]
    ran = hermipy(
        "run", "--syscalls", "trap", "--memory", "256M", "--add", f"{tree}:{GUEST}",
        *command, GUEST, *who,
    )  # fmt: skip
    oracle = subprocess.run(
        [f"qemu-{arch}", *command, str(tree), *who], capture_output=True, check=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == oracle.stdout.splitlines()


@pytest.mark.parametrize("seed", range(3))
def test_random_calls_on_files_do_what_they_do_on_linux(arch: str, seed: int, tree: Path) -> None:
    check(arch, seed, tree)


@pytest.mark.parametrize("seed", range(3))
def test_random_calls_of_a_user_do_what_they_do_on_linux(arch: str, seed: int, tree: Path) -> None:
    check(arch, seed, tree, "user")
