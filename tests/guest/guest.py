"""An unmodified program under Linux, in the machine that our images boot in.

The kernel is Debian's for the architecture; a static init (init.c) runs one command and sends back
what it prints and how it ends. Where qemu-user is unfaithful this is the oracle, and what a
benchmark compares with.
"""

from __future__ import annotations

import re
import secrets
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import packages, process, qemu, tree
from hermipy.model import Node
from tests.guest import cpio

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HERE = Path(__file__).parent
OUT = HERE.parent.parent / "build" / "guest"
_KERNELS = {"riscv64": "linux-image-riscv64", "aarch64": "linux-image-arm64"}
# Linux in S-mode needs a machine-mode firmware below it: QEMU's own OpenSBI.
_FIRMWARE = {"riscv64": ("-bios", "default"), "aarch64": ()}
_MEMORY_BYTES = 1024 * qemu.MIB
_TIMEOUT_S = 600
_MAX_ARGUMENTS, _MAX_COMMAND_BYTES = 256, 65536  # init.c


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did in the guest."""

    stdout: bytes
    stderr: bytes
    status: int | None
    """As a shell has it; None: the guest ended first, and `console` says why."""
    console: str
    """What the kernel, and init, said besides."""


def run(
    arch: str,
    files: Iterable[Node],
    command: Sequence[str],
    kernel_arguments: Sequence[str] = (),
    *,
    timeout_s: float = _TIMEOUT_S,
    memory_bytes: int = _MEMORY_BYTES,
) -> Outcome:
    """Boot Linux on `files` and run the command as root; nothing of it stays."""
    token = f"frame-{secrets.token_hex(8)}"
    with tempfile.NamedTemporaryFile(dir=_made(OUT), prefix="initramfs.") as initramfs:
        cpio.write(tree.build(files, _own(arch, command)), initramfs)
        initramfs.flush()
        append = " ".join(("quiet", "loglevel=0", "panic=-1", f"token={token}", *kernel_arguments))
        machine = qemu.bare_command(arch, str(kernel(arch)), memory_bytes)
        ended = subprocess.run(
            [*machine, *_FIRMWARE[arch], "-initrd", initramfs.name, "-append", append],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
    return parse(ended.stdout, token, ended.stderr.decode(errors="replace"))


def kernel(arch: str) -> Path:
    """Debian's kernel for the architecture, as QEMU boots it; raises PackageError."""
    wanted = packages.alone(_KERNELS[arch], arch).control.joinpath("control").read_text()
    named = re.search(r"^Depends: (linux-image-[^ ,]+)", wanted, re.MULTILINE)
    assert named, "the package without a version names the one with"
    boot = packages.alone(named[1], arch).files / "boot"
    return next(boot.glob("vmlinu[xz]-*"))


def package_files(names: Sequence[str], arch: str) -> Iterable[Node]:
    """Debian packages with all that they depend on."""
    for package in packages.with_dependencies(names, arch):
        yield from tree.from_package(package.files)


def parse(data: bytes, token: str, complaint: str = "") -> Outcome:
    """Take the frames out of what the console said."""
    streams = {b"1": bytearray(), b"2": bytearray()}
    console = bytearray(complaint.encode())
    status = None
    frame = re.compile(re.escape(token.encode()) + rb" (1|2|exit) (\d+)\r?\n")
    at = 0
    while (found := frame.search(data, at)) is not None:
        console += data[at : found.start()]
        kind, number, at = found[1], int(found[2]), found.end()
        if kind == b"exit":
            status = number
            continue
        streams[kind] += data[at : at + number]
        at += number
    console += data[at:]
    return Outcome(
        bytes(streams[b"1"]), bytes(streams[b"2"]), status, console.decode(errors="replace")
    )


def _own(arch: str, command: Sequence[str]) -> Iterable[Node]:
    """What makes a file tree an initramfs of ours."""
    argv = b"".join(word.encode(errors="surrogateescape") + b"\0" for word in command)
    assert len(command) <= _MAX_ARGUMENTS, "init.c has no room for more"
    assert len(argv) < _MAX_COMMAND_BYTES, "init.c has no room for more"
    yield Node("/init", stat.S_IFREG | 0o755, source=_init(arch))
    yield Node("/init.command", stat.S_IFREG | 0o644, data=argv)
    yield Node("/dev/console", stat.S_IFCHR | 0o600, rdev=0x501)
    yield Node("/sys", stat.S_IFDIR | 0o755)


def _init(arch: str) -> Path:
    out = _made(OUT) / f"init.{arch}"
    source = HERE / "init.c"
    if not out.is_file() or out.stat().st_mtime < source.stat().st_mtime:
        unfinished = out.with_suffix(f".{secrets.token_hex(4)}")
        gcc = [f"{arch}-linux-gnu-gcc", "-static", "-O2", "-Wall", "-Wextra", "-Werror"]
        process.run([*gcc, "-o", str(unfinished), str(source)])
        unfinished.replace(out)
    return out


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
