"""Kernel code built for this machine with ASan and UBSan: a program of kernel/test/host/."""

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The kernel's memory lives until the end; what it leaks, the tests count themselves.
_ENVIRONMENT = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class HostProgram:
    """A program of kernel/test/host/MAKEFILE.mk, which is built when it is first needed."""

    makefile: str
    name: str

    def behaviours(self) -> list[str]:
        """The tests that it has."""
        listing = subprocess.run([self._built(), "--list"], capture_output=True, check=True)
        return sorted(listing.stdout.decode().split())

    def run(self, test: str, **settings: str) -> None:
        """Fail with what the program said, if it did not end well."""
        result = subprocess.run(
            [self._built(), test],
            env=_ENVIRONMENT | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
        assert result.returncode == 0, result.stderr

    def _built(self) -> Path:
        return _build(self.makefile, self.name)


@cache
def _build(makefile: str, name: str) -> Path:
    program = Path("build") / "host" / name
    command = ["make", "-s", "-f", f"kernel/test/host/{makefile}.mk", str(program)]
    subprocess.run(command, cwd=ROOT, check=True)
    return ROOT / program
