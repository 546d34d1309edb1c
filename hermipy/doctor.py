"""Doctor: what Hermipy needs on this machine, whether it is there, and what brings it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hermipy import aptsources, cache, link, process
from hermipy.errors import HermipyError, MissingToolError

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
    optional: bool = False
    """Only debian: targets need it."""

    @property
    def line(self) -> str:
        """The finding for people."""
        word = "ok" if self.good else "missing"
        purpose = " (only for debian: targets)" if self.optional and not self.good else ""
        return f"{word:<7}  {self.what}: {self.detail}{purpose}"


def examine() -> list[Finding]:
    """Everything that some command needs."""
    return [
        *(_tool(name, oldest) for name, oldest in _OLDEST.items()),
        *(_kernel(arch) for arch in ("riscv64", "aarch64")),
        _cache(),
        *(_plain_tool(name) for name in ("apt-get", "dpkg-deb")),
        _keyring(),
        _sources(),
    ]


def _tool(name: str, oldest: tuple[int, int]) -> Finding:
    package = process.PACKAGES[name]
    try:
        told = process.run([name, "--version"])
    except MissingToolError:
        return Finding(good=False, what=name, detail=f"apt-get install {package}")
    except HermipyError as error:
        detail = f"{error}; apt-get install --reinstall {package}"
        return Finding(good=False, what=name, detail=detail)
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
        return Finding(good=True, what=name, detail=process.find(name), optional=True)
    except HermipyError:
        detail = f"apt-get install {process.PACKAGES[name]}"
        return Finding(good=False, what=name, detail=detail, optional=True)


def _kernel(arch: str) -> Finding:
    what = f"kernel for {arch}"
    try:
        folder = link.kernel_folder(arch)
    except HermipyError as error:
        return Finding(good=False, what=what, detail=str(error))
    size = (folder / "libkernel.a").stat().st_size
    return Finding(good=True, what=what, detail=f"{size:,} bytes of objects")


def _cache() -> Finding:
    what = "cache"
    try:
        folder = cache.folder()
        cache.entry(folder / "probe", lambda stream: stream.write(b"probe")).unlink()
    except HermipyError as error:
        return Finding(good=False, what=what, detail=f"{error}; set XDG_CACHE_HOME")
    return Finding(good=True, what=what, detail=str(folder))


def _keyring() -> Finding:
    what, found = "Debian's keys", aptsources.KEYRING.is_file()
    detail = str(aptsources.KEYRING) if found else "apt-get install debian-archive-keyring"
    return Finding(good=found, what=what, detail=detail, optional=True)


def _sources() -> Finding:
    what = "Debian's archive"
    uris = sorted({source.uri for source in aptsources.read() if source.is_debian})
    detail = f"from /etc/apt: {' '.join(uris)}" if uris else "no source in /etc/apt"
    return Finding(good=bool(uris), what=what, detail=detail, optional=True)
