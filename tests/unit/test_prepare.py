"""What is known about a file's contents is found out once, whoever asks, and is found again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hermipy import prepare

SOURCE = {
    "riscv64": "li a7, 172\n ecall\n ret",
    "aarch64": "mov x8, 172\n svc 0\n ret",
}
PREPARE = """
import sys
from pathlib import Path
from hermipy import prepare
print(prepare.prepare(Path(sys.argv[1]), direct=True))
"""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/hermipy/files"


@pytest.fixture
def library(arch: str, tmp_path: Path) -> Path:
    """A library with one syscall."""
    text = f".globl own_pid\n.type own_pid, %function\nown_pid: {SOURCE[arch]}\n"
    out = tmp_path / "libown.so"
    command = [f"{arch}-linux-gnu-gcc", "-shared", "-nostdlib", "-x", "assembler", "-"]
    subprocess.run([*command, "-o", str(out)], input=text.encode(), check=True)
    return out


def test_the_same_contents_are_analysed_once(
    store: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare.prepare(library, direct=True)
    copy = tmp_path / "copy.so"
    copy.write_bytes(library.read_bytes())
    monkeypatch.setattr(prepare, "_analysed", lambda *_, **__: pytest.fail("analysed again"))
    assert prepare.prepare(copy, direct=True) == first
    assert first.numbers == {172}
    assert len(first.asked[0][1]) == 1
    assert Path(first.path).parent == store


def test_each_mode_has_its_own_entry(store: Path, library: Path) -> None:
    assert prepare.prepare(library, direct=True).direct == 1
    kept = prepare.prepare(library, direct=False)
    assert (kept.direct, kept.trap, kept.path) == (0, 1, str(library))
    assert len(list(store.glob("*.json"))) == 2


@pytest.mark.parametrize("suffix", [".elf", ".json"])
def test_what_is_gone_from_the_cache_is_made_again(store: Path, library: Path, suffix: str) -> None:
    first = prepare.prepare(library, direct=True)
    data = Path(first.path).read_bytes()
    for entry in store.glob(f"*{suffix}"):
        entry.unlink()
    assert prepare.prepare(library, direct=True) == first
    assert Path(first.path).read_bytes() == data


def test_an_entry_that_was_cut_short_is_made_again(store: Path, library: Path) -> None:
    first = prepare.prepare(library, direct=True)
    for entry in store.glob("*.json"):
        entry.write_bytes(b"")
    assert prepare.prepare(library, direct=True) == first


def test_runs_at_the_same_time_agree_and_leave_nothing_behind(store: Path, library: Path) -> None:
    command = [sys.executable, "-c", PREPARE, str(library)]
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) for _ in range(3)
    ]
    given = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert set(given) == {f"{prepare.prepare(library, direct=True)}\n".encode()}
    assert sorted(entry.suffix for entry in store.iterdir()) == [".elf", ".json"]
