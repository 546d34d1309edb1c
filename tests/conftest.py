"""What every test shares: both architectures, and programs assembled on the spot."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ARCHES = ("riscv64", "aarch64")

pytest.register_assert_rewrite("tests.qemu.runs")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--arch", choices=ARCHES, help="only this architecture")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with an `arch` argument runs on both architectures."""
    if "arch" in metafunc.fixturenames:
        only = metafunc.config.getoption("--arch")
        metafunc.parametrize("arch", [only] if only else ARCHES)


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
