"""The programs of `make torture` that are built here: samples in C and C++, Go, and Rust.

Debian has no Rust for another architecture that runs here, but it has rustc for riscv64: it runs
under qemu-user, for both architectures, and starts this machine's own linkers.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from hermipy import cache, debian
from tests import samples
from tests.conformance import oracle

if TYPE_CHECKING:
    from pathlib import Path

OUT = samples.OUT
_GO = {"riscv64": "riscv64", "aarch64": "arm64"}
_RUST = {"riscv64": "riscv64gc-unknown-linux-gnu", "aarch64": "aarch64-unknown-linux-gnu"}
_RUST_HOST = "riscv64"  # aarch64's hangs under qemu-user 7.2


def program(kind: str, name: str, arch: str) -> Path:
    """The program, built when it is older than its source."""
    if kind == "sample":
        return OUT / arch / "glibc" / name  # tests.samples builds them all
    source = samples.SOURCES / f"{name}.{ {'go': 'go', 'rust': 'rs'}[kind] }"
    made = OUT / arch / kind / name
    if not made.is_file() or made.stat().st_mtime < source.stat().st_mtime:
        made.parent.mkdir(parents=True, exist_ok=True)
        _BUILDERS[kind](source, made, arch)
    return made


def _go(source: Path, made: Path, arch: str) -> None:
    setting = {"GOOS": "linux", "GOARCH": _GO[arch], "CGO_ENABLED": "0", "GO111MODULE": "off"}
    command = ["go", "build", "-o", str(made), str(source)]
    subprocess.run(command, env={**os.environ, **setting}, check=True)


def _rust(source: Path, made: Path, arch: str) -> None:
    root = cache.folder("torture") / "rust"
    with (root.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.is_dir():
            _rust_root(root)
    command = [
        f"qemu-{_RUST_HOST}", "-L", str(root), str(root / "usr/bin/rustc"),
        "--sysroot", str(root / "usr"), "--edition", "2021", "--target", _RUST[arch], "-O",
        "-C", f"linker={arch}-linux-gnu-gcc", "-C", "target-feature=+crt-static",
        "-o", str(made), str(source),
    ]  # fmt: skip
    subprocess.run(command, check=True)


def _rust_root(root: Path) -> None:
    """The compiler's packages, and beside its own standard library the other architecture's."""
    unfinished = root.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    oracle.merge(debian.fetch("rustc", _RUST_HOST), unfinished)
    shutil.rmtree(unfinished / "lib", ignore_errors=True)
    (unfinished / "lib").symlink_to("usr/lib")
    for arch, triple in _RUST.items():
        if arch != _RUST_HOST:
            place = f"usr/lib/rustlib/{triple}"
            folder = debian.package_root("libstd-rust-dev", arch) / place
            shutil.copytree(folder, unfinished / place, symlinks=True)
    unfinished.rename(root)


_BUILDERS = {"go": _go, "rust": _rust}
