"""The kernel's program loader on a simulated MMU."""

import pytest

from tests.host import HostProgram

PROGRAM = HostProgram("loader", "loader_test")


def test_loader_behaves_as_linux_does(subtests: pytest.Subtests) -> None:
    for behaviour in PROGRAM.behaviours():
        with subtests.test(behaviour):
            PROGRAM.run(behaviour)


@pytest.mark.parametrize("seed", range(2, 6))
def test_loader_survives_mutated_programs(seed: int) -> None:
    PROGRAM.run("mutated_programs_never_harm", HOST_SEED=str(seed))
