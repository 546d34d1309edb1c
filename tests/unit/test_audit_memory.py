"""Of all workers of a machine only one is large at a time."""

from __future__ import annotations

import fcntl
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import cache
from hermipy.audit.memory import turn

if TYPE_CHECKING:
    import pytest


def locked() -> bool:
    """Whether somebody is large."""
    (path,) = Path(cache.folder("audit")).glob(".large.*")
    with path.open("r+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_who_grows_large_has_its_turn_until_it_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with turn(large_bytes=1):
        signal.pause()  # until it looks
        assert locked()
    assert not locked()


def test_who_stays_small_leaves_the_turn_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with turn(large_bytes=1 << 40):
        signal.pause()
        assert not locked()
