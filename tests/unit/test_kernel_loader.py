"""The kernel's program loader, built for this machine with ASan and UBSan, on a simulated MMU."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "host" / "loader_test"
# Simulated RAM lives until the end; what the kernel leaks in it, the tests count themselves.
ENVIRONMENT = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}


@cache
def build() -> None:
    target = str(PROGRAM.relative_to(ROOT))
    subprocess.run(["make", "-s", "-f", "kernel/test/host/loader.mk", target], cwd=ROOT, check=True)


def behaviours() -> list[str]:
    build()
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


def test_loader_behaves_as_linux_does(subtests: pytest.Subtests) -> None:
    for behaviour in behaviours():
        with subtests.test(behaviour):
            run(behaviour)


@pytest.mark.parametrize("seed", range(2, 6))
def test_loader_survives_mutated_programs(seed: int) -> None:
    build()
    run("mutated_programs_never_harm", HOST_SEED=str(seed))
