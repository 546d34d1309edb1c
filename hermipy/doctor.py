"""Doctor: what Hermipy needs on this machine, whether it is there, and what brings it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hermipy import aptsources, link, process
from hermipy.errors import HermipyError

_OLDEST_QEMU = (7, 2)
_OLDEST_LLD = (14, 0)
_OLDEST = {
    "ld.lld": _OLDEST_LLD,
    "qemu-system-riscv64": _OLDEST_QEMU,
    "qemu-system-aarch64": _OLDEST_QEMU,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    good: bool
    what: str
    detail: str

    @property
    def line(self) -> str:
        """The finding for people."""
        return f"{'ok     ' if self.good else 'missing'}  {self.what}: {self.detail}"


def examine() -> list[Finding]:
    """Everything that some command needs."""
    return [
        *(_tool(name, oldest) for name, oldest in _OLDEST.items()),
        *(_kernel(arch) for arch in ("riscv64", "aarch64")),
        *(_plain_tool(name) for name in ("apt-get", "dpkg-deb")),
        _keyring(),
        _sources(),
    ]


def _tool(name: str, oldest: tuple[int, int]) -> Finding:
    package = process.PACKAGES[name]
    try:
        told = process.run([name, "--version"])
    except HermipyError:
        return Finding(good=False, what=name, detail=f"apt-get install {package}")
    match = re.search(r"(\d+)\.(\d+)[\d.]*", told)
    if match is None:
        return Finding(good=False, what=name, detail=f"its version cannot be read: {told[:60]!r}")
    version = int(match[1]), int(match[2])
    wanted = ".".join(map(str, oldest))
    if version < oldest:
        return Finding(good=False, what=name, detail=f"{match[0]} is older than {wanted}")
    return Finding(good=True, what=name, detail=match[0])


def _plain_tool(name: str) -> Finding:
    try:
        return Finding(good=True, what=name, detail=process.find(name))
    except HermipyError:
        detail = f"apt-get install {process.PACKAGES[name]} (only for debian: targets)"
        return Finding(good=False, what=name, detail=detail)


def _kernel(arch: str) -> Finding:
    what = f"kernel for {arch}"
    try:
        folder = link.kernel_folder(arch)
    except HermipyError as error:
        return Finding(good=False, what=what, detail=str(error))
    size = (folder / "libkernel.a").stat().st_size
    return Finding(good=True, what=what, detail=f"{size:,} bytes of objects")


def _keyring() -> Finding:
    what = "Debian's keys"
    if aptsources.KEYRING.is_file():
        return Finding(good=True, what=what, detail=str(aptsources.KEYRING))
    detail = "apt-get install debian-archive-keyring (only for debian: targets)"
    return Finding(good=False, what=what, detail=detail)


def _sources() -> Finding:
    what = "Debian's archive"
    uris = sorted({source.uri for source in aptsources.read() if source.is_debian})
    if uris:
        return Finding(good=True, what=what, detail=f"from /etc/apt: {' '.join(uris)}")
    return Finding(good=False, what=what, detail="no source in /etc/apt (only for debian: targets)")
