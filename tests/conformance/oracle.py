"""Debian's programs under qemu-user, in a root of their own: the oracle of programs.txt.

A mount namespace holds it all: the package set below, a scratch layer above, so that the cached
packages stay as they are and nothing is left behind.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from hermipy import tree
from tests.qemu.runs import ENVIRONMENT, Given

if TYPE_CHECKING:
    from pathlib import Path

    from hermipy.model import Node
    from hermipy.target import Target

WORK = "/work"
TIMEOUT_S = 900
_QEMU = "/.qemu"
# $1 packages, $2 scratch, $3 work folder, $4 emulator; then the program and its arguments.
_SCRIPT = f"""
set -e
packages=$1 scratch=$2 work=$3 emulator=$4
shift 4
mount --make-private "$scratch" 2>/dev/null || mount --bind "$scratch" "$scratch"
mount -t tmpfs none "$scratch"
mkdir "$scratch/upper" "$scratch/state" "$scratch/root"
mount -t overlay none "$scratch/root" \\
    -o "lowerdir=$packages,upperdir=$scratch/upper,workdir=$scratch/state"
cd "$scratch/root"
mkdir -p proc dev tmp root .{WORK}
cp -a "$work/." .{WORK}
install -m 755 "$emulator" .{_QEMU}
mount -t proc none proc
mount --rbind /dev dev
exec unshare --root=. --wd={WORK} {_QEMU} "$@"
"""


def emulator(arch: str) -> str | None:
    """The statically linked qemu-user of this machine: it needs nothing in the root."""
    return shutil.which(f"qemu-{arch}-static") or shutil.which(f"qemu-{arch}")


def merge(target: Target, folder: Path) -> None:
    """Make the root that the target's packages are, of hard links: nothing is copied."""
    folder.mkdir()
    for root in target.roots:
        subprocess.run(["cp", "-al", f"{root}/.", str(folder)], check=True)
    _merge_usr(folder)
    for link in target.links:
        place = _place(folder, link)
        place.unlink(missing_ok=True)
        place.symlink_to((link.data or b"").decode())
    for node in tree.build():
        place = _place(folder, node)
        if node.data is not None and not place.exists():
            place.write_bytes(node.data)


def _merge_usr(folder: Path) -> None:
    """Packages that still name /lib and its like mean /usr's."""
    for name in ("bin", "sbin", "lib"):
        place = folder / name
        if place.is_dir() and not place.is_symlink():
            subprocess.run(["cp", "-al", f"{place}/.", str(folder / "usr" / name)], check=True)
            shutil.rmtree(place)
        if not place.is_symlink():
            place.symlink_to(f"usr/{name}")


def _place(folder: Path, node: Node) -> Path:
    place = folder / node.path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def run(
    arch: str, packages: Path, scratch: Path, work: Path, command: list[str], stdin: bytes
) -> Given:
    """What the command leaves behind: qemu-user's options, the program's path, its arguments."""
    given = [packages, scratch, work, emulator(arch), *command]
    done = subprocess.run(
        ["unshare", "--mount", "--propagation=private", "sh", "-c", _SCRIPT, "sh", *given],
        input=stdin, capture_output=True, env=ENVIRONMENT, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Given(done.stdout, done.stderr, status)
