"""The kernel's file system and its system calls, on this machine."""

import pytest

from tests.host import HostProgram

PROGRAM = HostProgram("fs", "fs_test")


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
    PROGRAM.run(test, HOST_SEED=str(seed))
