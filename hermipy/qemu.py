"""The QEMU command for an image: one machine without anything that the image does not use.

`-nic none`: the default network card wants ROM files that Debian packages apart. Semihosting stays
off: it would hand the host's files to the guest.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Machine:
    """How QEMU is started for an architecture."""

    program: str
    options: tuple[str, ...]


MACHINES = {
    "riscv64": Machine("qemu-system-riscv64", ("-M", "virt", "-cpu", "rv64", "-bios", "none")),
    "aarch64": Machine("qemu-system-aarch64", ("-M", "virt", "-cpu", "cortex-a72")),
}
_CONSOLE = (
    *("-global", "virtio-mmio.force-legacy=false"),
    *("-device", "virtio-serial-device,max_ports=1", "-device", "virtconsole,chardev=hermipy"),
)
_NOTHING_ELSE = ("-nodefaults", "-no-user-config", "-display", "none", "-nic", "none", "-no-reboot")


def command(arch: str, image: str, memory_bytes: int, arguments: dict[str, str]) -> list[str]:
    """The command for `run`: messages go over QEMU's stdin and stdout; `arguments` are boot.h's."""
    append = " ".join(f"{key}={value}" for key, value in arguments.items())
    console = ("-chardev", "stdio,id=hermipy,signal=off", *_CONSOLE)
    return [*_machine(arch, memory_bytes), *console, "-kernel", image, "-append", append]


def waiting_for_gdb(port: int) -> list[str]:
    """More for the command: nothing runs until gdb has come and says so."""
    return ["-S", "-gdb", f"tcp:127.0.0.1:{port}"]


def bare_command(arch: str, image: str, memory_bytes: int) -> list[str]:
    """The command for a person: the same machine, and the program's output as it is on the UART."""
    return [*_machine(arch, memory_bytes), "-serial", "stdio", "-kernel", image]


def _machine(arch: str, memory_bytes: int) -> list[str]:
    machine = MACHINES[arch]
    memory = f"{memory_bytes // MIB}M"
    return [machine.program, *machine.options, "-m", memory, *_NOTHING_ELSE]


def memory_for(image_bytes: int) -> int:
    """RAM when the user names none: what most programs need, and what their files take.

    The host gives a page when the guest touches it, so what is not used costs nothing.
    """
    return (256 + image_bytes // MIB) * MIB
