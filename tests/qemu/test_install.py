"""`pip install .` gives an empty venv a `hermipy` that needs no compiler and no source tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.qemu

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("ld.lld", "qemu-system-riscv64", "qemu-system-aarch64")
HELLO = {
    "riscv64": """
        .globl _start
        _start: li a0, 1
        lla a1, text
        li a2, 6
        li a7, 64
        ecall
        li a0, 7
        li a7, 93
        ecall
        .data
        text: .ascii "hello\\n"
    """,
    "aarch64": """
        .globl _start
        _start: mov x0, 1
        adr x1, text
        mov x2, 6
        mov x8, 64
        svc 0
        mov x0, 7
        mov x8, 93
        svc 0
        text: .ascii "hello\\n"
    """,
}


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `hermipy` of a venv of its own."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder / "venv", with_pip=True)
    pip = [folder / "venv/bin/pip", "--disable-pip-version-check", "install", "-q", ROOT]
    done = subprocess.run(pip, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    return folder / "venv/bin/hermipy"


def run(installed: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """In an empty directory, with the linker and QEMU as the only programs in the PATH."""
    home = installed.parents[2] / "home"
    (home / "bin").mkdir(parents=True, exist_ok=True)
    for tool in TOOLS:
        link = home / "bin" / tool
        if not link.exists():
            link.symlink_to(shutil.which(tool) or pytest.fail(f"{tool} is not installed"))
    return subprocess.run(
        [installed, *arguments],
        cwd=home,
        env={"HOME": str(home), "PATH": str(home / "bin")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_installed_hermipy_packs_and_runs(
    arch: str, installed: Path, assemble: Callable[[str], Path]
) -> None:
    program = assemble(HELLO[arch])
    packed = run(installed, "pack", "-o", "hello.img", program)
    assert (packed.stdout, packed.stderr, packed.returncode) == ("", "", 0)
    done = run(installed, "run", "--timeout", "60", "hello.img")
    assert (done.stdout, done.stderr, done.returncode) == ("hello\n", "", 7)


def test_an_installed_hermipy_finds_its_kernels_and_its_table(installed: Path) -> None:
    told = run(installed, "doctor").stdout
    assert "ok       kernel for riscv64" in told
    assert "ok       kernel for aarch64" in told
    package = next(installed.parents[1].glob("lib/*/site-packages/hermipy"))
    table = sorted(path.name for path in (package / "_syscall_table").iterdir())
    assert table == sorted(path.name for path in (ROOT / "syscall_table").iterdir())


def test_the_wheel_has_no_part_of_the_project_that_is_not_the_package(installed: Path) -> None:
    packages = next(installed.parents[1].glob("lib/*/site-packages"))
    record = next(packages.glob("hermipy-*.dist-info")) / "RECORD"
    places = {line.split(",")[0].split("/")[0] for line in record.read_text().splitlines()}
    scripts, info = "..", record.parent.name
    assert places == {"hermipy", info, scripts}
    assert not os.path.lexists(packages / "kernel")
