"""The kernel's file system and its system calls, built for this machine with ASan and UBSan."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "host" / "fs_test"
# The kernel's memory lives until the end; what it leaks, the tests count themselves.
ENVIRONMENT = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}


@cache
def build() -> None:
    subprocess.run(
        ["make", "-s", "-f", "kernel/test/host/fs.mk", "build/host/fs_test"], cwd=ROOT, check=True
    )


@pytest.mark.parametrize("seed", range(1, 7))
@pytest.mark.parametrize(
    "test",
    [
        "random_calls_leave_nothing_behind",
        "random_calls_on_the_image_are_sound",
        "random_calls_survive_without_memory",
    ],
)
def test_file_system_holds_in_random_runs(test: str, seed: int) -> None:
    build()
    result = subprocess.run(
        [PROGRAM, test],
        env=ENVIRONMENT | {"HOST_SEED": str(seed)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
