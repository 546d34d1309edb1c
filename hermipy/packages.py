"""Debian's packages by name: apt finds and fetches them, and what each depends on.

apt does the work, with state of its own in the user's cache: the machine's sources with the suite
replaced, the guest's architecture, Debian's keyring. So mirrors, proxies and signatures are apt's
business, and so are alternatives and virtual packages; the machine's package lists stay untouched.
No mirror is named here. A package is unpacked once, whoever needs it; a set, once resolved, is
kept, so that what ran yesterday runs without a network today.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import re
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import aptsources, cache, process
from hermipy.errors import HermipyError, NoArchiveError, PackageError, ToolFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SUITE = "trixie"
_ARCHITECTURES = {"riscv64": "riscv64", "aarch64": "arm64"}
_LISTS_AGE_S = 24 * 3600
_INSTALLED = re.compile(r"Inst (\S+) \((\S+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """One package, unpacked in the cache."""

    name: str
    folder: Path

    @property
    def files(self) -> Path:
        """What it brings, as it lies under /."""
        return self.folder / "files"

    @property
    def control(self) -> Path:
        """Its control files and maintainer scripts."""
        return self.folder / "control"


@dataclass(frozen=True, slots=True)
class _Apt:
    """apt with a state of its own, for one architecture."""

    folder: Path
    arch: str

    def run(self, tool: str, *arguments: str, folder: Path | None = None) -> str:
        """Run an apt tool; raises ToolFailedError with its first error."""
        settings = {
            "Dir::State": self.folder / "state",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::Etc::sourceparts": self.folder / "sources",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "APT::Architecture": self.arch,
            "APT::Architectures": self.arch,
            # The user that apt would download as cannot enter a cache below /root.
            "APT::Sandbox::User": "root",
            "APT::Install-Recommends": "false",
            "APT::Update::Error-Mode": "any",
            "APT::Get::AllowUnauthenticated": "false",
            "Acquire::AllowInsecureRepositories": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "20",
        }
        options = [item for key, value in settings.items() for item in ("-o", f"{key}={value}")]
        environment = {**os.environ, "LC_ALL": "C"}
        command = [tool, "-q", *options, *arguments]
        return process.run(command, folder=folder, environment=environment)


def alone(name: str, arch: str) -> Package:
    """One package without what it depends on; raises PackageError."""
    return next(p for p in _fetched([name], arch, only=name) if p.name == name)


def with_dependencies(names: Sequence[str], arch: str) -> tuple[Package, ...]:
    """The packages and all that they depend on, dependencies first; raises PackageError."""
    return _fetched(names, arch)


@functools.cache
def names(arch: str) -> frozenset[str]:
    """Every package's name in the lists that are in the cache; none when there are no lists."""
    architecture = _ARCHITECTURES[arch]
    apt = _Apt(cache.folder("apt", SUITE, architecture), architecture)
    if not (apt.folder / "updated").is_file():
        return frozenset()
    try:
        return frozenset(apt.run("apt-cache", "pkgnames").split())
    except HermipyError:
        return frozenset()


def unpacked(arch: str) -> Path:
    """The folder that holds every package that was fetched."""
    return cache.folder("debian", SUITE, _ARCHITECTURES[arch], "packages")


def _fetched(names: Sequence[str], arch: str, only: str | None = None) -> tuple[Package, ...]:
    architecture = _ARCHITECTURES[arch]
    folder = cache.folder("debian", SUITE, architecture)
    resolved = folder / "sets" / f"{','.join(names)}.json"
    found = _unpacked(folder, resolved, only)
    if found is None:
        with _locked(folder / ".lock"):
            found = _unpacked(folder, resolved, only) or _fetch(
                _Apt(cache.folder("apt", SUITE, architecture), architecture), folder, resolved, only
            )
    return found


def _unpacked(folder: Path, resolved: Path, only: str | None) -> tuple[Package, ...] | None:
    """The packages of a set when all are there."""
    if not resolved.is_file():
        return None
    wanted = [tuple(item) for item in json.loads(resolved.read_text())]
    packages = [
        Package(name, _place(folder, name, version))
        for name, version in wanted
        if only in (None, name)
    ]
    return tuple(packages) if all(p.folder.is_dir() for p in packages) else None


def _place(folder: Path, name: str, version: str) -> Path:
    return folder / "packages" / f"{name}_{version.replace(':', '%3a')}"


def _fetch(apt: _Apt, folder: Path, resolved: Path, only: str | None) -> tuple[Package, ...]:
    """Resolve the set anew (its versions may be gone from the archive) and fetch what is absent."""
    _refresh(apt)
    names = resolved.stem.split(",")
    try:
        text = apt.run("apt-get", "install", "-s", "-qq", *names)
    except ToolFailedError as error:
        raise _explain(apt, names, error) from error
    wanted = _INSTALLED.findall(text)
    for part in ("packages", "sets"):
        (folder / part).mkdir(exist_ok=True)
    _download(apt, folder, [item for item in wanted if only in (None, item[0])])
    listing = json.dumps(wanted).encode()
    with cache.atomic_file(resolved) as stream:
        stream.write(listing)
    found = _unpacked(folder, resolved, only)
    assert found is not None, "each was unpacked"
    return found


def _download(apt: _Apt, folder: Path, wanted: list[tuple[str, str]]) -> None:
    absent = [item for item in wanted if not _place(folder, *item).is_dir()]
    if not absent:
        return
    work = Path(tempfile.mkdtemp(prefix=".fetch.", dir=folder))
    try:
        try:
            apt.run("apt-get", "download", *map("=".join, absent), folder=work)
        except ToolFailedError as error:
            raise _explain(apt, [name for name, _ in absent], error) from error
        for name, version in absent:
            file = next(work.glob(f"{_place(folder, name, version).name}_*.deb"))
            unpacked = work / name
            unpacked.mkdir()
            process.run(["dpkg-deb", "-x", str(file), str(unpacked / "files")])
            process.run(["dpkg-deb", "-e", str(file), str(unpacked / "control")])
            unpacked.rename(_place(folder, name, version))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _refresh(apt: _Apt) -> None:
    """Bring the package lists up to date, once a day; old ones serve when offline."""
    for part in ("state/lists/partial", "cache/archives/partial", "sources"):
        (apt.folder / part).mkdir(parents=True, exist_ok=True)
    (apt.folder / "status").touch()
    sources = apt.folder / "sources" / "hermipy.sources"
    text = aptsources.replaced(SUITE, apt.arch)
    stamp = apt.folder / "updated"
    same = sources.is_file() and sources.read_text() == text
    if same and stamp.is_file() and time.time() - stamp.stat().st_mtime < _LISTS_AGE_S:
        return
    sources.write_text(text)
    try:
        apt.run("apt-get", "update")
    except ToolFailedError as error:
        if same and stamp.is_file():
            return
        raise NoArchiveError(f"no package archive can be reached: {error}") from error
    stamp.touch()


def _explain(apt: _Apt, names: Sequence[str], error: HermipyError) -> PackageError:
    """Why packages cannot be had."""
    named = next((name for name in names if name in str(error)), names[0])
    with contextlib.suppress(HermipyError):
        _, _, tail = apt.run("apt-cache", "showpkg", named).partition("Reverse Provides:")
        providers = sorted({line.split()[0] for line in tail.splitlines() if line.split()})
        if providers:
            return PackageError(
                f"debian:{named}: is a virtual package; take one of {', '.join(providers)}"
            )
    if re.search(r"Unable to locate|No packages found|no candidate|select candidate", str(error)):
        return PackageError(f"debian:{named}: {SUITE} has no such package for {apt.arch}")
    return PackageError(f"debian:{named}: {error}")


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two runs may want the same package: one fetches, the other waits."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
