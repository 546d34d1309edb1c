"""`debian:PACKAGE[:PATH]`: a program out of Debian's archive, by the name of its package.

apt does the work, with state of its own in the user's cache: the machine's sources with the suite
replaced, the guest's architecture, Debian's keyring. So mirrors, proxies and signatures are apt's
business, and the machine's package lists stay untouched. No mirror is named here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import aptsources, cache, process, target
from hermipy.errors import (
    BadFileError,
    HermipyError,
    NoArchiveError,
    PackageError,
    ToolFailedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SUITE = "trixie"
_ARCHITECTURES = {"riscv64": "riscv64", "aarch64": "arm64"}
_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_LISTS_AGE_S = 24 * 3600
_BIN = ("usr/bin", "usr/sbin", "bin", "sbin", "usr/games", "usr/local/bin")
_ELF_MAGIC = b"\x7fELF"


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


def fetch(name: str, arch: str) -> target.Target:
    """The program that `PACKAGE[:PATH]` means; raises PackageError, BadFileError."""
    package, _, path = name.partition(":")
    if not _NAME.fullmatch(package):
        raise PackageError(f"debian:{name}: {package!r} is not a package name")
    root = package_root(package, arch)
    program = _program(package, root, path)
    guest_path = f"/{program.relative_to(root)}"
    try:
        target.check(program)
    except BadFileError as error:
        raise PackageError(f"debian:{package}: {guest_path} {error.problem}") from error
    return target.Target(
        source=program,
        arch=arch,
        guest_path=guest_path,
        name=guest_path.rpartition("/")[2],
        root=root,
    )


def package_root(package: str, arch: str) -> Path:
    """The package's files in the cache, fetched when they are not there."""
    architecture = _ARCHITECTURES[arch]
    folder = cache.folder("debian", SUITE, architecture) / package
    if not folder.is_dir():
        with _locked(folder.parent / ".lock"):
            if not folder.is_dir():
                _download(package, architecture, folder)
    return folder


def _download(package: str, architecture: str, folder: Path) -> None:
    apt = _Apt(cache.folder("apt", SUITE, architecture), architecture)
    _refresh(apt)
    work = Path(tempfile.mkdtemp(prefix=".fetch.", dir=folder.parent))
    try:
        try:
            apt.run("apt-get", "download", package, folder=work)
        except ToolFailedError as error:
            raise _explain(apt, package, error) from error
        archive = next(work.glob("*.deb"))
        process.run(["dpkg-deb", "-x", str(archive), str(work / "root")])
        (work / "root").rename(folder)
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


def _explain(apt: _Apt, package: str, error: HermipyError) -> PackageError:
    """Why a package cannot be had."""
    with contextlib.suppress(HermipyError):
        _, _, tail = apt.run("apt-cache", "showpkg", package).partition("Reverse Provides:")
        providers = sorted({line.split()[0] for line in tail.splitlines() if line.split()})
        if providers:
            return PackageError(
                f"debian:{package}: is a virtual package; take one of {', '.join(providers)}"
            )
    if re.search(r"Unable to locate|No packages found|no candidate|select candidate", str(error)):
        return PackageError(f"debian:{package}: {SUITE} has no such package for {apt.arch}")
    return PackageError(f"debian:{package}: {error}")


def _program(package: str, root: Path, path: str) -> Path:
    programs = {f"/{file.relative_to(root)}": file for file in _programs(root)}
    if path:
        return _named(package, root, path, programs)
    named = [file for guest, file in programs.items() if guest.rpartition("/")[2] == package]
    found = named or list(programs.values())
    if len(found) == 1:
        return found[0]
    if not found:
        raise PackageError(f"debian:{package}: holds no program")
    listed = " ".join(programs)
    raise PackageError(f"debian:{package}: choose one with debian:{package}:PATH: {listed}")


def _named(package: str, root: Path, path: str, programs: dict[str, Path]) -> Path:
    """The file that the user named; /bin is /usr/bin, and a link inside the package is followed."""
    plain = path.strip("/")
    for candidate in (
        root / plain,
        root / "usr" / plain,
        *(root / place / plain for place in _BIN),
    ):
        file = _followed(root, candidate)
        if file is not None:
            return file
    listed = " ".join(programs) or "none"
    raise PackageError(f"debian:{package}: has no file {path}; its programs: {listed}")


def _followed(root: Path, path: Path) -> Path | None:
    if path.is_symlink():
        link = path.readlink()
        path = root / str(link).lstrip("/") if link.is_absolute() else path.parent / link
    path = Path(os.path.normpath(path))
    return path if path.is_relative_to(root) and path.is_file() else None


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
    with path.open("rb") as stream:
        if stream.read(len(_ELF_MAGIC)) != _ELF_MAGIC:
            return False
    try:
        target.check(path)
    except BadFileError as error:
        # A program that we cannot take yet is still the package's program: say so when it is run.
        return "dynamically" in error.problem
    return True


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two runs may want the same package: one fetches, the other waits."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
