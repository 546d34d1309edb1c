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
    """The command; the console is QEMU's stdin and stdout. `arguments` reach the kernel (boot.h)."""
    machine = MACHINES[arch]
    append = " ".join(f"{key}={value}" for key, value in arguments.items())
    return [
        *(machine.program, *machine.options, "-m", f"{memory_bytes // MIB}M", *_NOTHING_ELSE),
        *("-chardev", "stdio,id=hermipy,signal=off", *_CONSOLE, "-kernel", image),
        *(("-append", append) if append else ()),
    ]


def memory_for(image_bytes: int) -> int:
    """RAM for an image when the user names none: what a small program needs, and what its files take."""
    return (64 + max(0, image_bytes // MIB - 16)) * MIB
