"""Which package has a library, told where none is fetched.

Packages say it in their shlibs file (deb-shlibs(5)): those in the cache do, and this machine's own.
Debian Policy 8.1 tells how most are named. The package lists in the cache have the last word.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import packages

if TYPE_CHECKING:
    from collections.abc import Iterator

_DPKG = Path("/var/lib/dpkg/info")
# libfoo.so.1 or libfoo-1.2.so
_SONAME = re.compile(r"(lib.+?)(?:\.so\.([\d.]+)|-([\d.]+)\.so)")
_LOADERS = {"ld-linux": "libc6", "ld-musl": "musl"}


def providing(library: str, arch: str) -> str | None:
    """The package of a library, given by name or path; None: not known here."""
    name = library.rpartition("/")[2]
    match = _SONAME.fullmatch(name)
    if match is None:
        return next(
            (package for start, package in _LOADERS.items() if name.startswith(start)), None
        )
    base, version = match[1], match[2] or match[3]
    known = packages.names(arch)
    return next((package for package in _candidates(base, version, arch) if package in known), None)


def _candidates(base: str, version: str, arch: str) -> Iterator[str]:
    said = re.compile(
        rf"^{re.escape(base)} {re.escape(version)} ([a-z0-9][a-z0-9+.-]+)", re.MULTILINE
    )
    for file in (*packages.unpacked(arch).glob("*/control/shlibs"), *_DPKG.glob("*.shlibs")):
        match = said.search(file.read_text(errors="replace"))
        if match:
            yield match[1]
    plain = base.lower().replace("_", "-")
    for dash in ("", "-"):
        for end in ("", "t64"):  # since time_t has 64 bits everywhere
            yield f"{plain}{dash}{version}{end}"
