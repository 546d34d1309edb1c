"""`run --gdb`: QEMU waits for gdb, and a script tells gdb what is where.

The kernel lies where it was linked; the program does not, its place is random. So the script stops
in the kernel when the program's first instruction is known, then there, and reads the auxiliary
vector that lies on the new stack (getauxval(3)): from AT_ENTRY and AT_BASE follow the places of the
program and of ld.so. Libraries are found as ever, through ld.so's list, in a folder that looks like
the image's tree. Breakpoints are QEMU's own: they change no memory and hold before it is mapped.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import elf
from hermipy.errors import OptionError

if TYPE_CHECKING:
    from hermipy.session import Runnable

DEBUGGER = "gdb-multiarch"
_MACHINES = {"riscv64": "riscv:rv64", "aarch64": "aarch64"}
# arch_regs_init(regs, pc, sp): the second argument's register.
_SECOND = {"riscv64": "$a1", "aarch64": "$x1"}
_AT_ENTRY, _AT_BASE = 9, 7  # <linux/auxvec.h>
_KERNEL_STOP = "arch_regs_init"


@dataclass(frozen=True, slots=True)
class Session:
    """Where QEMU listens, and what gdb is to read."""

    port: int
    script: Path

    @property
    def command(self) -> str:
        """What the user types."""
        return f"{DEBUGGER} -x {self.script}"


def prepare(what: Runnable, port: int | None, folder: Path) -> Session:
    """Write the script and the files it names into a folder; raises OptionError."""
    kernel = what.kernel_symbols()
    if kernel is None:
        raise OptionError("--gdb: the symbols of this image's kernel are gone: pack it again")
    root = folder / "root"
    for name, content in what.objects().items():
        _put(root, name, content)
    chosen = port or _free_port()
    path = folder / "script.gdb"
    path.write_text(_script(what.arch, chosen, root, what.program(), kernel))
    return Session(chosen, path)


def _free_port() -> int:
    """One that nobody listens at; QEMU takes it a moment later."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _put(root: Path, name: str, content: bytes | str) -> None:
    """A file or a symbolic link under its guest name; the guest's / is `root`."""
    place = root / name.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        place.write_bytes(content)
    else:
        place.symlink_to(f"{root}{content}" if content.startswith("/") else content)


def _script(arch: str, port: int, root: Path, name: str, kernel: Path) -> str:
    program = Path(f"{root}{name}")
    header = elf.parse(name, program.read_bytes())
    interpreter = header.interpreter
    offset = f"$at_entry - {header.entry:#x}" if header.position_independent else "0"
    loader = _loader(root, interpreter) if interpreter else ""
    return f"""# Made by hermipy run --gdb: {DEBUGGER} -x this file
set pagination off
set confirm off
set architecture {_MACHINES[arch]}
set sysroot {root}
add-symbol-file {kernel}
target remote 127.0.0.1:{port}
thbreak *(long)&{_KERNEL_STOP}
continue
thbreak *{_SECOND[arch]}
continue
# At the first instruction: argc, argv, NULL, environment, NULL, auxiliary vector.
set $words = (long *)$sp
set $words = $words + *$words + 2
while *$words != 0
  set $words = $words + 1
end
set $words = $words + 1
while *$words != 0
  if *$words == {_AT_ENTRY}
    set $at_entry = $words[1]
  end
  if *$words == {_AT_BASE}
    set $at_base = $words[1]
  end
  set $words = $words + 2
end
exec-file {program}
set $offset = {offset}
symbol-file {program} -o $offset
{loader}
echo \\nAt the program's first instruction: `break main`, `continue` ...\\n
"""


def _loader(root: Path, interpreter: str) -> str:
    """A dynamic program has its libraries when ld.so jumps to it."""
    return f"""add-symbol-file {root}{interpreter} -o $at_base
thbreak *$at_entry
continue
sharedlibrary"""
