"""Put kernel archives and syscall table into the wheel, so that its user needs no compiler."""

from __future__ import annotations

import shutil
import subprocess  # noqa: TID251  the build back-end runs without the package
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_ARCHES = ("riscv64", "aarch64")
_TABLE = "hermipy/_syscall_table"  # hermipy/table.py looks there when there is no source tree
# What hermipy/link.py reads (kernel.ld includes sets.ld; members names the archive's objects).
_NEEDED = ("libkernel.a", "kernel.ld", "sets.ld", "members")


class KernelBuildHook(BuildHookInterface[Any]):
    """Runs `make kernel` for an ordinary wheel; an editable install leaves that to the Makefile."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the archives before hatchling collects files."""
        if version == "editable":
            return
        build_data["force_include"][str(Path(self.root, "syscall_table"))] = _TABLE
        folders = [Path(self.root, "hermipy/_kernel", arch) for arch in _ARCHES]
        absent = [path for folder in folders for path in _paths(folder) if not path.is_file()]
        if shutil.which("clang"):
            subprocess.run(["make", "-C", self.root, "--no-print-directory", "kernel"], check=True)
        elif absent:
            message = f"{absent[0]} is not built, and clang is not here to do it: run `make setup`"
            raise FileNotFoundError(message)
        for folder in folders:
            for path in _paths(folder):
                if not path.is_file():
                    raise FileNotFoundError(path)


def _paths(folder: Path) -> list[Path]:
    return [folder / name for name in _NEEDED]
