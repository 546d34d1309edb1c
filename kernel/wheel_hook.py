"""Put the built kernel archives into the wheel, so that its user needs no compiler."""

from __future__ import annotations

import subprocess  # noqa: TID251  the build back-end runs without the package
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelBuildHook(BuildHookInterface[Any]):
    """Runs `make kernel` for an ordinary wheel; an editable install leaves that to the Makefile."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the archives before hatchling collects files."""
        del build_data
        if version == "editable":
            return
        subprocess.run(["make", "-C", self.root, "kernel"], check=True)
        for arch in ("riscv64", "aarch64"):
            archive = Path(self.root, "hermipy/_kernel", arch, "libkernel.a")
            if not archive.is_file():
                raise FileNotFoundError(archive)
