"""Files that appear complete or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

import pytest

from hermipy import cache
from hermipy.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")

    def fail(stream: BinaryIO) -> None:
        stream.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError), cache.atomic_file(path) as stream:
        fail(stream)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_the_umask_applies_to_the_result(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with cache.atomic_file(tmp_path / "out", mode=0o755) as stream:
            stream.write(b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750


def test_a_pipe_is_written_in_place(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with cache.atomic_file(path) as stream:
        stream.write(b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)


def test_an_entry_is_made_once(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        path = cache.entry(tmp_path / "entry", lambda stream: made.append(stream.write(b"x")))
    assert path.read_bytes() == b"x"
    assert len(made) == 1
