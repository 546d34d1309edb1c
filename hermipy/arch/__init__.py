"""The architectures, by the names that the command line uses."""

from hermipy.arch import aarch64, riscv64
from hermipy.arch.base import Arch

ARCHS: dict[str, Arch] = {"riscv64": riscv64.ARCH, "aarch64": aarch64.ARCH}
