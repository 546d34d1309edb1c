"""Random syscall sequences give in an image what they give on Linux.

`make conformance` runs more. A difference that is not the image's fault goes into
tests/sequences/known.py with its reason.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.qemu.runs import MODES
from tests.sequences.compare import LENGTH, TMPFS, batches, build, differences, shrink

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.qemu,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may chroot(2)"),
    pytest.mark.skipif(not os.path.ismount(TMPFS), reason="/dev/shm is no tmpfs"),
]

COUNT = 40


@pytest.mark.parametrize("mode", MODES)
def test_random_sequences_do_what_they_do_on_linux(arch: str, mode: str, tmp_path: Path) -> None:
    program = build(arch, tmp_path)
    for batch in batches(arch, 1 if mode == "direct" else 1 + COUNT, COUNT, LENGTH):
        found = [
            str(shrink(arch, program, each, mode))
            for each in differences(arch, program, batch, mode)
        ]
        assert not found, "\n".join(found)
