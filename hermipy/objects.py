"""Objects: every ELF file of the image, each scanned and rewritten, and what that asks for.

A dynamic program is its closure and all libraries that it may open, so every object of the tree
counts. Beside a static program the others count only once it can start them: with execve().
"""

from __future__ import annotations

import contextlib
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import prepare, table, target, tree
from hermipy.closure import Closure
from hermipy.errors import BadFileError, InputError
from hermipy.files import Files

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from hermipy.closure import Object
    from hermipy.model import Node
    from hermipy.prepare import Prepared

_MOST_TOLD = 4
_STARTERS = ("execve", "execveat")
_LOOKUPS = frozenset({"dlsym", "dlvsym"})
_NO_SITE = "0x0: no site was found: the program unpacks or makes its code when it runs"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which program, and how it is to be packed."""

    path: str
    """The program's, in the guest."""
    arch: str
    direct: bool
    below: tuple[Path, ...]
    """Folders that hold what the tree lacks, each as it lies under the guest's /."""
    library_path: str = ""
    """LD_LIBRARY_PATH."""
    preload: str = ""
    """LD_PRELOAD."""


@dataclass(frozen=True, slots=True)
class Objects:
    """What the program can run of the image's code; each by its path in the guest."""

    program: str
    counted: dict[str, Prepared]
    absent: tuple[tuple[str, str], ...]
    """(name, who): what libraries need that the program may open, and nobody has."""
    loaded: tuple[Object, ...] = ()
    """The same objects, as they were found."""
    names: Mapping[str, Object] = field(default_factory=dict)
    """By the names that objects ask for."""

    @property
    def notes(self) -> tuple[str, ...]:
        """A line about libraries that cannot be opened."""
        # One that lies elsewhere may be open when it is asked for: ld.so then takes it by its name.
        present = {path.rpartition("/")[2] for path in self.counted}
        present |= {prepared.linkage.soname for prepared in self.counted.values()}
        wanted: dict[str, list[str]] = {}
        for name, who in self.absent:
            if name not in present:
                wanted.setdefault(who, []).append(name)
        if not wanted:
            return ()
        told = [f"{who} ({', '.join(names)} not found)" for who, names in wanted.items()]
        more = f" and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
        return (f"cannot be opened: {', '.join(told[:_MOST_TOLD])}{more}",)

    @property
    def numbers(self) -> frozenset[int]:
        """Every number that a resolved site can make."""
        return frozenset().union(*(prepared.numbers for prepared in self.counted.values()))

    def askers(self, number: int) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """(object, its sites) of all that can make a syscall of this number."""
        found = (
            (path, dict(prepared.asked).get(number)) for path, prepared in self.counted.items()
        )
        return tuple((path, sites) for path, sites in found if sites)

    @property
    def open_sites(self) -> tuple[tuple[str, str], ...]:
        """(object, `0x1234: reason`) of every site that could make any syscall."""
        if not any(prepared.direct + prepared.trap for prepared in self.counted.values()):
            return ((self.program, _NO_SITE),)
        return tuple(
            (path, reason)
            for path, prepared in self.counted.items()
            for reason in (*prepared.unresolved, *self._called_wrappers(prepared))
        )

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Why the program could make any syscall; empty: it cannot."""
        return tuple(
            reason if path == self.program else f"{path}: {reason}"
            for path, reason in self.open_sites
        )

    @property
    def direct(self) -> int:
        """Sites that are jumps."""
        return sum(prepared.direct for prepared in self.counted.values())

    @property
    def trap(self) -> int:
        """Sites that stay traps."""
        return sum(prepared.trap for prepared in self.counted.values())

    def _called_wrappers(self, prepared: Prepared) -> Iterator[str]:
        """Wrappers of an object that some object calls, or can ask ld.so for by any name."""
        for wrapper in prepared.wrappers:
            names = {*wrapper.names, *_LOOKUPS}
            callers = [p for p, o in self.counted.items() if names & set(o.linkage.imports)]
            if callers:
                yield f"{wrapper.site}; called by {callers[0]}"


def gather(nodes: tuple[Node, ...], wanted: Wanted) -> tuple[tuple[Node, ...], Objects]:
    """The tree with all that the program needs, its objects rewritten; MissingLibraryError."""
    files = Files(nodes, wanted.below)
    closure = Closure(
        files,
        wanted.arch,
        direct=wanted.direct,
        library_path=wanted.library_path,
        preload=wanted.preload,
    )
    closure.add_program(wanted.path)
    absent: list[tuple[str, str]] = []
    program = closure.objects[wanted.path].prepared
    if program.linkage.interpreter or _can_start(program, wanted.arch):
        for path in _others(nodes, wanted.arch, closure.objects):
            with contextlib.suppress(BadFileError):  # damaged, for some test: it lies there as data
                absent += closure.add_other(path)
    found = {path: item.prepared for path, item in closure.objects.items()}
    complete = tree.build(nodes, files.taken) if files.taken else nodes
    rewritten = tuple(_packed(node, found.get(node.path)) for node in complete)
    loaded = tuple(closure.objects.values())
    return rewritten, Objects(wanted.path, found, tuple(absent), loaded, closure.names)


def of_file(path: Path, arch: str, sysroot: Path | None) -> Objects:
    """What one program of the host can run, without an image; raises MissingLibraryError."""
    guest_path = natural_path(path, sysroot) or f"/{path.name}"
    program = tree.node(path.resolve(), guest_path)
    wanted = Wanted(guest_path, arch, direct=True, below=places(path, arch, sysroot))
    return gather(tree.build([program]), wanted)[1]


def places(path: Path, arch: str, sysroot: Path | None) -> tuple[Path, ...]:
    """The folders that hold a host program's libraries: the sysroot, and what itself names."""
    interpreter = target.interpreter(path)
    if interpreter is None:
        return ()
    return (sysroot or target.default_sysroot(arch, interpreter), *own_places(path))


def own_places(path: Path) -> tuple[Path, ...]:
    """The host's own / for a program that says where its libraries lie (RPATH, RUNPATH)."""
    if target.interpreter(path) is None:
        return ()
    linkage = prepare.prepare(path, direct=True).linkage
    return (Path("/"),) if linkage.rpath or linkage.runpath else ()


def natural_path(path: Path, *roots: Path | None) -> str | None:
    """A host program's path in the guest, where its place matters; None: any will do."""
    source = path.resolve()
    for root in filter(None, roots):
        if source.is_relative_to(root.resolve()):
            return tree.normalise(str(source.relative_to(root.resolve())))
    return str(source) if own_places(path) else None


def _can_start(program: Prepared, arch: str) -> bool:
    rows = table.by_number(arch)
    made = {rows[number].name for number in program.numbers if number in rows}
    can = [name for name in _STARTERS if table.by_name()[name].implemented]
    return bool(made & set(can)) or (bool(program.unresolved) and bool(can))


def _others(nodes: Iterable[Node], arch: str, known: Container[str]) -> Iterator[str]:
    for node in nodes:
        if node.path in known or node.source is None or not stat.S_ISREG(node.mode):
            continue
        try:
            if prepare.object_arch(node.source) == arch:
                yield node.path
        except OSError as error:
            raise InputError(node.source, error) from error


def _packed(node: Node, prepared: Prepared | None) -> Node:
    if prepared is None:
        return node
    return replace(
        node,
        source=Path(prepared.path),
        stub_offset=prepared.stub_offset,
        stub_size=prepared.stub_size,
    )
