"""READ FIRST: the straight line from a target to a bootable image; each stage is called once.

    target -> tree -> objects (closure; of each: scan, resolve, rewrite) -> select -> link
           -> image -> run

Every stage takes frozen values and gives new ones; only `image.write` and `run` touch the world.
"""

from __future__ import annotations

import posixpath
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import image, link, modules, objects, prepare, target, tree
from hermipy.errors import InputError, OptionError
from hermipy.files import Files
from hermipy.image import Image, merge_environment
from hermipy.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.model import Node
    from hermipy.target import Target

_ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
)
_MISSING_FLAGS = {"enosys": 0, "log": image.MISSING_LOG, "kill": image.MISSING_KILL}
_DEBIAN = "debian:"


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked to have packed."""

    target: str
    arguments: tuple[str, ...] = ()
    arch: str | None = None
    environment: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    rootfs: Path | None = None
    sysroot: Path | None = None
    workdir: str = "/"
    direct: bool = True
    on_missing: str = "enosys"
    assume: tuple[str, ...] | None = None
    """Names of the syscalls that unresolved sites make; None: they could make any."""
    stats: bool = False
    strace: bool = False


def build(request: Request) -> Image:
    """Everything of an image but its bytes."""
    program = find(request.target, request.arch)
    # From here on the program is an ELF file that we can take, of one of our two machines.
    path = _guest_path(program, request)
    nodes = tree.build(*_sources(request, program, path))
    nodes, directory = tree.with_directory(nodes, _absolute(request.workdir))
    nodes, found = objects.gather(nodes, _wanted(request, program, path, nodes))
    # From here on nothing that ld.so needs is absent; every site of every object is known, and each
    # is a jump that was proved or a trap.
    unresolved = found.unresolved
    selection = modules.select(
        program.arch,
        found.numbers | modules.numbers_of(request.assume or (), program.arch),
        unresolved=bool(unresolved) and request.assume is None,
        texts=_texts(nodes, request),
    )
    # From here on no syscall outside the selection has a handler.
    kernel = link.link(selection, _layers(request))
    return Image(
        kernel=kernel,
        nodes=nodes,
        executable=path,
        working_directory=directory,
        arguments=(program.name, *request.arguments),
        environment=merge_environment(_ENVIRONMENT, request.environment),
        notes=program.notes,
        flags=_MISSING_FLAGS[request.on_missing] | (image.STATS if request.stats else 0),
        manifest={
            "arch": program.arch,
            "program": path,
            "kernel_bytes": kernel.bytes,
            "modules": [
                {"name": module.name, "bytes": module.bytes, "because": module.because}
                for module in kernel.modules
            ],
            "syscalls": [row.name for row in selection.handlers],
            "missing": selection.missing,
            "unresolved": unresolved,
            "sites": {"direct": found.direct, "trap": found.trap},
            "objects": [
                {"path": name, "direct": part.direct, "trap": part.trap}
                for name, part in found.counted.items()
            ],
            "on_missing": request.on_missing,
            "stats": request.stats,
        },
    )


def _layers(request: Request) -> tuple[link.Layer, ...]:
    wanted = ((request.stats, link.STATS), (request.strace, link.STRACE))
    return tuple(layer for is_wanted, layer in wanted if is_wanted)


def find(name: str, arch: str | None) -> Target:
    """The program that a TARGET argument means."""
    if name.startswith(_DEBIAN):
        from hermipy import debian  # noqa: PLC0415  only these targets need apt

        return debian.fetch(name.removeprefix(_DEBIAN), arch or "riscv64")
    program = target.from_file(Path(name))
    if arch is not None and arch != program.arch:
        raise OptionError(f"{name} is for {program.arch}, not for --arch {arch}")
    return program


def _texts(nodes: tuple[Node, ...], request: Request) -> Iterator[bytes]:
    """All that the program can take a path from, but for what it reads from outside."""
    yield "\0".join((*request.arguments, *request.environment, request.workdir)).encode(
        errors="surrogateescape"
    )
    for node in nodes:
        if node.data is not None:
            yield node.data
        elif node.source is not None:
            try:
                yield node.source.read_bytes()
            except OSError as error:
                raise InputError(node.source, error) from error


def _sources(request: Request, program: Target, path: str) -> Iterator[Iterator[Node]]:
    """The tree's sources, the weakest first."""
    for root in program.roots:
        yield tree.from_package(root)
    yield iter(program.links)
    if request.rootfs is not None:
        if not request.rootfs.is_dir():
            raise OptionError(f"--rootfs: {request.rootfs} is not a directory")
        yield tree.from_folder(request.rootfs)
    for option in request.add:
        yield tree.from_option(option)
    # Whoever could read the file on the host may run it: the packed program is there to be run.
    yield iter([replace(tree.node(program.source.resolve(), path), mode=stat.S_IFREG | 0o755)])


def _wanted(request: Request, program: Target, path: str, nodes: tuple[Node, ...]) -> Wanted:
    settings = dict(item.partition("=")[::2] for item in request.environment)
    return Wanted(
        path=path,
        arch=program.arch,
        direct=request.direct,
        below=tuple(_below(request, program, nodes)),
        library_path=settings.get("LD_LIBRARY_PATH", ""),
    )


def _below(request: Request, program: Target, nodes: tuple[Node, ...]) -> Iterator[Path]:
    """Where libraries come from that nobody put into the tree."""
    interpreter = target.interpreter(program.source)
    if interpreter is None:
        return
    sysroot = request.sysroot
    if sysroot is None and not program.roots and Files(nodes, ()).find(interpreter) is None:
        sysroot = target.default_sysroot(program.arch, interpreter)
    if sysroot is not None:
        yield sysroot
    if _own_places(program):
        yield Path("/")


def _own_places(program: Target) -> bool:
    """Whether a program of the host says itself where its libraries lie (RPATH, RUNPATH)."""
    if program.roots or target.interpreter(program.source) is None:
        return False
    linkage = prepare.prepare(program.source, direct=False).linkage
    return bool(linkage.rpath or linkage.runpath)


def _absolute(workdir: str) -> str:
    if not workdir.startswith("/"):
        raise OptionError(f"--workdir {workdir}: write an absolute path")
    return workdir


def _guest_path(program: Target, request: Request) -> str:
    """Where the program lies in the guest: its place in the root file system or sysroot, else /."""
    if program.guest_path is not None:
        return program.guest_path
    source = program.source.resolve()
    for folder in filter(None, (request.rootfs, request.sysroot)):
        if source.is_relative_to(folder.resolve()):
            return tree.normalise(str(source.relative_to(folder.resolve())))
    if _own_places(program):
        return str(source)  # its libraries' places hang on its own
    taken = tree.is_base_directory(f"/{program.source.name}") or (
        request.rootfs is not None and (request.rootfs / program.source.name).is_dir()
    )
    return posixpath.join("/usr/bin" if taken else "/", program.source.name)
