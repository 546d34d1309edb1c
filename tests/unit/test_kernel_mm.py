"""The kernel's memory manager, built for this machine with ASan and UBSan, on a simulated MMU."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "host"
# Simulated RAM lives until the end; what the kernel leaks in it, the tests count themselves.
ENVIRONMENT = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}


@cache
def build() -> None:
    subprocess.run(["make", "-s", "-f", "kernel/test/host/mm.mk"], cwd=ROOT, check=True)


def behaviours() -> list[str]:
    build()
    listing = subprocess.run([BUILD / "mm_test", "--list"], capture_output=True, check=True)
    return sorted(listing.stdout.decode().split())


def run(program: str, test: str, **settings: str) -> None:
    result = subprocess.run(
        [BUILD / program, test],
        env=ENVIRONMENT | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr


def test_memory_manager_behaves_as_linux_does(subtests: pytest.Subtests) -> None:
    for behaviour in behaviours():
        with subtests.test(behaviour):
            run("mm_test", behaviour)


@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize(
    "test",
    [
        "random_runs_agree_with_the_model",
        "random_runs_survive_without_memory",
        "random_heap_blocks_never_overlap",
        "random_page_runs_never_overlap",
    ],
)
def test_memory_manager_holds_in_random_runs(test: str, seed: int) -> None:
    build()
    run("mm_random", test, HOST_SEED=str(seed))
