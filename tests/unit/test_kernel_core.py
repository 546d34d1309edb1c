"""Threads, timers, futexes and the device tree, built for this machine with ASan and UBSan."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "host" / "core_test"
# The kernel's memory lives until the end; what it leaks, the tests count themselves.
ENVIRONMENT = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}


@cache
def behaviours() -> list[str]:
    subprocess.run(
        ["make", "-s", "-f", "kernel/test/host/core.mk", "build/host/core_test"],
        cwd=ROOT,
        check=True,
    )
    listing = subprocess.run([PROGRAM, "--list"], capture_output=True, check=True)
    return sorted(listing.stdout.decode().split())


def run(test: str, **settings: str) -> None:
    result = subprocess.run(
        [PROGRAM, test],
        env=ENVIRONMENT | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr


def test_core_behaves_as_linux_does(subtests: pytest.Subtests) -> None:
    for behaviour in behaviours():
        with subtests.test(behaviour):
            run(behaviour)


@pytest.mark.parametrize("seed", range(2, 8))
def test_futexes_hold_in_random_runs(seed: int) -> None:
    behaviours()
    run("random_wakes_and_requeues_agree_with_the_model", HOST_SEED=str(seed))
