"""What every test shares: both architectures, and programs assembled on the spot."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from hermipy import debian
from hermipy.errors import NoArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

ARCHES = ("riscv64", "aarch64")

pytest.register_assert_rewrite("tests.qemu.runs")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--arch", choices=ARCHES, help="only this architecture")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with an `arch` argument runs on both architectures."""
    if "arch" in metafunc.fixturenames:
        only = metafunc.config.getoption("--arch")
        metafunc.parametrize("arch", [only] if only else ARCHES)


def pytest_configure() -> None:
    """What nohup or a shell's `&` has ignored, the programs under test would ignore too."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Generator[None, Any, Any]:
    """Where no package archive can be reached, what needs one is skipped and says so."""
    try:
        return (yield)
    except NoArchiveError as error:
        _ask_no_more(error)
        pytest.skip(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup() -> Generator[None, Any, Any]:
    """The same for fixtures."""
    try:
        return (yield)
    except NoArchiveError as error:
        _ask_no_more(error)
        pytest.skip(str(error))


def _ask_no_more(error: NoArchiveError) -> None:
    """Waiting for the archive's answer again and again would take hours."""

    def refuse(*_: str) -> NoReturn:
        raise error

    pytest.MonkeyPatch().setattr(debian, "package_root", refuse)


@pytest.fixture
def assemble(arch: str, tmp_path: Path) -> Callable[[str], Path]:
    """Assemble and link a program without libc; gives the ELF's path."""

    def build(source: str) -> Path:
        text, out = tmp_path / "program.S", tmp_path / "program"
        text.write_text(source + "\n")
        gcc = [f"{arch}-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,--build-id", "-o", str(out)]
        subprocess.run([*gcc, str(text)], check=True)
        return out

    return build
