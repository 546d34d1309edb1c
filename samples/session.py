"""What `make run` shows: Debian's unmodified busybox as a unikernel, a few commands long.

Run as `python samples/session.py ARCH`. Where no package archive can be reached it says so and
runs a sample instead.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERMIPY = str(Path(sys.executable).with_name("hermipy"))
TARGET = "debian:busybox-static"
COMMANDS = (
    ["uname", "-a"],
    ["ls", "-l", "/"],
    ["sh", "-c", 'echo "6 * 7 = $((6 * 7))"; for f in /bin/*; do echo "$f"; done; exit 3'],
)


def main() -> int:
    """Run the session; the exit status is 0 when every command gave the status it should."""
    arch = sys.argv[1]
    if not _archive_can_be_reached(arch):
        print("no package archive can be reached: running a sample instead", flush=True)
        sample = Path("build/samples", arch, "glibc", "files")
        return subprocess.run([HERMIPY, "run", "--stats", str(sample)], check=False).returncode
    expected = [0, 0, 3]
    return int([_run(arch, command) for command in COMMANDS] != expected)


def _archive_can_be_reached(arch: str) -> bool:
    command = [HERMIPY, "run", "--arch", arch, "--dry-run", TARGET, "true"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def _run(arch: str, command: list[str]) -> int:
    shown = " ".join(word if " " not in word else f"'{word}'" for word in command)
    print(f"\n$ hermipy run --arch {arch} {TARGET} {shown}", flush=True)
    status = subprocess.run(
        [HERMIPY, "run", "--arch", arch, TARGET, *command], check=False
    ).returncode
    print(f"(exit status {status})", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
