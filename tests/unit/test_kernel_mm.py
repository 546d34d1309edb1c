"""The kernel's memory manager on a simulated MMU."""

import pytest

from tests.host import HostProgram

ONE_TEST = HostProgram("mm", "mm_test")
RANDOM_RUN = HostProgram("mm", "mm_random")


def test_memory_manager_behaves_as_linux_does(subtests: pytest.Subtests) -> None:
    for behaviour in ONE_TEST.behaviours():
        with subtests.test(behaviour):
            ONE_TEST.run(behaviour)


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
    RANDOM_RUN.run(test, HOST_SEED=str(seed))
