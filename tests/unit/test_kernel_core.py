"""Threads, timers, futexes and the device tree, on this machine."""

import pytest

from tests.host import HostProgram

PROGRAM = HostProgram("core", "core_test")


def test_core_behaves_as_linux_does(subtests: pytest.Subtests) -> None:
    for behaviour in PROGRAM.behaviours():
        with subtests.test(behaviour):
            PROGRAM.run(behaviour)


@pytest.mark.parametrize("seed", range(2, 8))
def test_futexes_hold_in_random_runs(seed: int) -> None:
    PROGRAM.run("random_wakes_and_requeues_agree_with_the_model", HOST_SEED=str(seed))
