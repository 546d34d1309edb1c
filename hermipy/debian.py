"""`debian:PACKAGE[,PACKAGE...][:PATH]`: a program out of Debian's archive.

A static program needs its own package only. A dynamic one brings the packages that its package
depends on: together they are what it would find on a machine where it is installed.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy import maintainer, packages, target
from hermipy.errors import BadFileError, PackageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from hermipy.model import Node

_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_BIN = ("usr/bin", "usr/sbin", "bin", "sbin", "usr/games", "usr/local/bin")
_ELF_MAGIC = b"\x7fELF"
_MAX_LINKS = 40  # path_resolution(7)


@dataclass(frozen=True, slots=True)
class _Found:
    """A program in packages: what it is called, and what that leads to."""

    called: str
    guest_path: str
    file: Path


@dataclass(frozen=True, slots=True)
class _Files:
    """What packages bring, and the links between them that their scripts would make."""

    roots: Sequence[Path]
    links: Mapping[str, str]

    def link(self, path: str) -> str | None:
        """Where a symlink leads."""
        places = (root / path.lstrip("/") for root in self.roots)
        found = next((place for place in places if place.is_symlink()), None)
        return str(found.readlink()) if found else self.links.get(path)

    def file(self, path: str) -> Path | None:
        """A regular file."""
        places = (root / path.lstrip("/") for root in self.roots)
        return next((place for place in places if place.is_file()), None)


@dataclass(frozen=True, slots=True)
class Contents:
    """What packages bring, for whoever wants all of their programs."""

    own: Path
    """The first package's files, as they lie under /."""
    roots: tuple[Path, ...]
    """Those of all that are needed."""
    links: tuple[Node, ...]


def contents(listed: str, arch: str) -> Contents:
    """`PACKAGE[,PACKAGE...]` with what they depend on; raises PackageError."""
    names = _names(listed)
    wanted = packages.with_dependencies(names, arch)
    own = next(package for package in wanted if package.name == names[0])
    return Contents(own.files, tuple(p.files for p in wanted), maintainer.links(wanted))


def fetch(name: str, arch: str) -> target.Target:
    """The program that the text behind `debian:` means; raises PackageError."""
    listed, _, path = name.partition(":")
    names = _names(listed)
    own = package_root(names[0], arch)
    found = _find(_Files([own], {}), path or names[0])
    if found is not None and _is_elf(found.file) and target.interpreter(found.file) is None:
        return _target(names[0], arch, found, ())
    wanted = packages.with_dependencies(names, arch)
    links = {node.path: os.fsdecode(node.data or b"") for node in maintainer.links(wanted)}
    found = _program(names[0], own, _Files([package.files for package in wanted], links), path)
    return _target(names[0], arch, found, wanted)


def package_root(package: str, arch: str) -> Path:
    """The package's files in the cache, fetched when they are not there; raises PackageError."""
    return packages.alone(package, arch).files


def _names(listed: str) -> list[str]:
    names = listed.split(",")
    for package in names:
        if not _NAME.fullmatch(package):
            raise PackageError(f"debian:{listed}: {package!r} is not a package name")
    return names


def _target(
    package: str, arch: str, found: _Found, wanted: Sequence[packages.Package]
) -> target.Target:
    try:
        target.check(found.file)
    except BadFileError as error:
        raise PackageError(f"debian:{package}: {found.guest_path} {error.problem}") from error
    if not wanted or target.interpreter(found.file) is None:
        wanted = (packages.alone(package, arch),)
    return target.Target(
        source=found.file,
        arch=arch,
        guest_path=found.guest_path,
        name=posixpath.basename(found.called),
        roots=tuple(package.files for package in wanted),
        links=maintainer.links(wanted),
        notes=maintainer.notes(wanted),
    )


def _program(package: str, own: Path, files: _Files, path: str) -> _Found:
    """The program that the user named, else the one named like the package, else the only one."""
    found = _find(files, path or package)
    if found is not None and (path or _is_elf(found.file)):
        return found
    programs = [f"/{file.relative_to(own)}" for file in _programs(own)]
    listed = " ".join(programs)
    if path:
        raise PackageError(
            f"debian:{package}: has no file {path}; its programs: {listed or 'none'}"
        )
    if not programs:
        raise PackageError(f"debian:{package}: holds no program")
    if len(programs) > 1:
        raise PackageError(f"debian:{package}: choose one with debian:{package}:PATH: {listed}")
    return _Found(programs[0], programs[0], own / programs[0].lstrip("/"))


def _find(files: _Files, path: str) -> _Found | None:
    """A file by its path, or by its name where a shell would look for it; /bin is /usr/bin."""
    plain = path.strip("/")
    names = (plain, f"usr/{plain}") if "/" in path else (f"{place}/{plain}" for place in _BIN)
    for name in names:
        found = _followed(files, f"/{name}")
        if found is not None:
            return found
    return None


def _followed(files: _Files, called: str) -> _Found | None:
    """The file behind a path, links followed from package to package."""
    guest_path = called
    for _ in range(_MAX_LINKS):
        to = files.link(guest_path)
        if to is None:
            file = files.file(guest_path)
            return _Found(called, guest_path, file) if file else None
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(guest_path), to))
        guest_path = re.sub("^/(s?bin|lib)/", r"/usr/\1/", joined)
    return None


def _programs(root: Path) -> Iterator[Path]:
    """Programs where a shell would look for them; when there are none, those anywhere."""
    places = [root / place for place in _BIN if (root / place).is_dir()]
    found = [file for place in places for file in sorted(place.iterdir()) if _is_program(file)]
    if not found:
        found = [file for file in sorted(root.rglob("*")) if _is_program(file)]
    yield from found


def _is_program(path: Path) -> bool:
    if path.is_symlink() or not path.is_file() or not path.stat().st_mode & stat.S_IXUSR:
        return False
    if not _is_elf(path):
        return False
    try:
        target.check(path)
    except BadFileError:
        return False
    return True


def _is_elf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_ELF_MAGIC)) == _ELF_MAGIC
