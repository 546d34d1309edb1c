"""What the words of an audit mean: programs, each with where its libraries lie.

A directory with usr/ or etc/ in it is a root file system: its programs take their libraries from
there. In any other one programs are looked for as well, and their libraries as for a single file.
What is started by nobody is left out: libraries, object files, other machines' programs.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hermipy import target, tree
from hermipy.errors import AuditError, HermipyError, InputError, OptionError
from hermipy.target import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hermipy import debian
    from hermipy.model import Node

DEBIAN = "debian:"
_LIST = "@"
_ELF_MAGIC = b"\x7fELF"
_ROOT_MARKS = ("usr", "etc")
_NOT_FILES = ("proc", "sys", "dev")  # of a root file system that is in use
_PLAIN = "not executable"
_FURTHER = "further names of a file"
_UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Job:
    """One program to judge: plain values, so that it can be sent anywhere."""

    path: str
    """What the row is called."""
    arch: str
    file: str
    """Where it lies; every worker reads it there."""
    package: str | None = None
    guest: str | None = None
    """Its path below the roots; None: the worker finds out."""
    roots: tuple[str, ...] | None = None
    """Where its libraries lie, each folder as it lies under /; None: as for `run`."""
    links: tuple[tuple[str, str], ...] = ()
    """Symlinks (path, to) that are in none of the roots."""
    sysroot: str | None = None

    def fields(self) -> dict[str, Any]:
        """What json can take."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Failed:
    """A target of which nothing can be judged."""

    path: str
    arch: str | None
    package: str | None
    error: str

    def row(self) -> dict[str, Any]:
        """Its row in the document."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Targets:
    """All that is to be judged, in the order of the rows."""

    items: tuple[Job | Failed, ...]
    left_out: dict[str, int]
    """How many ELF files nobody starts, by kind."""
    single: bool
    """One file or package was asked for: when it cannot be judged, that is the answer."""


@dataclass(slots=True)
class _Search:
    """What was passed over on the way."""

    left_out: Counter[str] = field(default_factory=Counter)
    seen: set[tuple[int, int]] = field(default_factory=set)
    """Device and inode of files that may have further names."""

    def is_new(self, status: os.stat_result) -> bool:
        """Whether this is the first name of a file."""
        name = (status.st_dev, status.st_ino)
        if status.st_nlink > 1 and name in self.seen:
            self.left_out[_FURTHER] += 1
            return False
        self.seen.add(name)
        return True

    def unreadable(self, _: OSError) -> None:
        """Count what we may not look into."""
        self.left_out[_UNREADABLE] += 1


def of_fields(fields: dict[str, Any]) -> Job:
    """The job that json made lists of."""
    roots = fields["roots"]
    links = tuple((path, to) for path, to in fields["links"])
    return Job(**fields | {"roots": None if roots is None else tuple(roots), "links": links})


def find(
    words: Iterable[str],
    arches: tuple[str, ...],
    sysroot: Path | None,
    fetching: Callable[[str], None] = lambda _: None,
) -> Targets:
    """Everything that the words mean; raises AuditError, InputError when that is nothing.

    `arches` is for packages; `fetching` is told of each before it is fetched.
    """
    listed = list(_listed(words))
    search = _Search()
    for word in listed:
        if not word.startswith(DEBIAN) and not os.path.lexists(word):
            raise InputError(word, FileNotFoundError(2, os.strerror(2)))
    items = [item for word in listed for item in _meant(word, arches, sysroot, search, fetching)]
    if not items:
        raise AuditError(f"{' '.join(listed)}: no program for riscv64 or aarch64 is there")
    unique = {(item.path, item.arch): item for item in items}
    single = len(listed) == 1 and not Path(listed[0]).is_dir()
    return Targets(tuple(unique.values()), dict(sorted(search.left_out.items())), single)


def _listed(words: Iterable[str]) -> Iterator[str]:
    """The words, with `@FILE` replaced by the file's lines; # begins a comment."""
    for word in words:
        if not word.startswith(_LIST):
            yield word
            continue
        path = Path(word.removeprefix(_LIST))
        try:
            text = path.read_text()
        except OSError as error:
            raise InputError(path, error) from error
        except UnicodeDecodeError as error:
            raise OptionError(f"{word}: is not a list of targets, one a line") from error
        lines = (line.partition("#")[0].strip() for line in text.splitlines())
        yield from filter(None, lines)


def _meant(
    word: str,
    arches: tuple[str, ...],
    sysroot: Path | None,
    search: _Search,
    fetching: Callable[[str], None],
) -> Iterator[Job | Failed]:
    if word.startswith(DEBIAN):
        for arch in arches:
            fetching(word)
            yield from _of_package(word, arch, search)
        return
    path = Path(word)
    if not path.is_dir():
        yield _of_file(path, sysroot)
    elif any((path / mark).is_dir() for mark in _ROOT_MARKS):
        yield from _of_root(path, search)
    else:
        for file in _elf_files(path, search):
            yield from _judged(_of_file(file, sysroot), file, search, needs_x=False)


def _of_file(path: Path, sysroot: Path | None) -> Job | Failed:
    try:
        arch = target.check(path)
    except HermipyError as error:
        return Failed(str(path), None, None, str(error))
    place = None if sysroot is None else str(sysroot)
    return Job(path=str(path), arch=arch, file=str(path.absolute()), sysroot=place)


def _of_root(root: Path, search: _Search) -> Iterator[Job | Failed]:
    for file in _elf_files(root, search, skip=_NOT_FILES):
        found = _of_file(file, None)
        if isinstance(found, Job):
            guest = f"/{file.relative_to(root)}"
            place = str(root.absolute())
            found = Job(str(file), found.arch, found.file, guest=guest, roots=(place,))
        yield from _judged(found, file, search, needs_x=True)


def _of_package(word: str, arch: str, search: _Search) -> Iterator[Job | Failed]:
    from hermipy import debian  # noqa: PLC0415  only these targets need apt

    name = word.removeprefix(DEBIAN)
    listed, _, path = name.partition(":")
    package = listed.partition(",")[0]
    try:
        if path:
            yield _of_target(debian.fetch(name, arch), listed)
            return
        found = debian.contents(listed, arch)
    except HermipyError as error:
        yield Failed(word, arch, package, str(error))
        return
    programs = [item for item in _of_contents(listed, found, search) if item.arch in (arch, None)]
    yield from programs or [Failed(word, arch, package, f"{word}: holds no program")]


def _of_contents(listed: str, found: debian.Contents, search: _Search) -> Iterator[Job | Failed]:
    links = _links(found.links)
    roots = tuple(map(str, found.roots))
    package = listed.partition(",")[0]
    for file in _elf_files(found.own, search):
        guest = f"/{file.relative_to(found.own)}"
        name = f"{DEBIAN}{listed}:{guest}"
        item = _of_file(file, None)
        if isinstance(item, Job):
            item = Job(name, item.arch, item.file, package, guest, roots, links)
        else:
            item = Failed(name, None, package, item.error.replace(str(file), name))
        yield from _judged(item, file, search, needs_x=True)


def _of_target(found: target.Target, listed: str) -> Job:
    return Job(
        path=f"{DEBIAN}{listed}:{found.guest_path}",
        arch=found.arch,
        file=str(found.source),
        package=listed.partition(",")[0],
        guest=found.guest_path,
        roots=tuple(map(str, found.roots)),
        links=_links(found.links),
    )


def _links(nodes: Iterable[Node]) -> tuple[tuple[str, str], ...]:
    """Debian's merged /usr, and what maintainer scripts would link."""
    merged = ((f"/{name}", f"usr/{name}") for name in tree.MERGED_USR)
    return (*merged, *((node.path, os.fsdecode(node.data or b"")) for node in nodes))


def _judged(
    item: Job | Failed, file: Path, search: _Search, *, needs_x: bool
) -> Iterator[Job | Failed]:
    """The item, unless nobody starts such a file; what is damaged has its row."""
    kind: str = target.kind(file)
    if kind == Kind.PROGRAM and needs_x and not file.stat().st_mode & stat.S_IXUSR:
        kind = _PLAIN
    if kind in (Kind.PROGRAM, Kind.DAMAGED):
        yield item
    else:
        search.left_out[kind] += 1


def _elf_files(folder: Path, search: _Search, skip: tuple[str, ...] = ()) -> Iterator[Path]:
    """ELF files below a folder, by path, each by its first name; links are not followed."""
    for at, folders, names in os.walk(folder, onerror=search.unreadable):
        if Path(at) == folder:
            folders[:] = [name for name in folders if name not in skip]
        folders.sort()
        for name in sorted(names):
            file = Path(at, name)
            try:
                status = file.lstat()
                is_wanted = stat.S_ISREG(status.st_mode) and _is_elf(file)
            except OSError as error:
                search.unreadable(error)
                continue
            if is_wanted and search.is_new(status):
                yield file


def _is_elf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(_ELF_MAGIC)) == _ELF_MAGIC
