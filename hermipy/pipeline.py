"""READ FIRST: the straight line from a target to a bootable image; each stage is called once.

    target -> tree -> objects (closure; of each: scan, resolve, rewrite) -> select -> link
           -> image -> run

Every stage takes frozen values and gives new ones; only `image.write` and `run` touch the world.
"""

from __future__ import annotations

import posixpath
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import image, link, modules, objects, target, tree
from hermipy.errors import InputError, MissingLibraryError, OptionError
from hermipy.files import Files
from hermipy.image import Image, merge_environment
from hermipy.objects import Wanted
from hermipy.reach import kept

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.model import Node
    from hermipy.objects import Objects
    from hermipy.request import Request
    from hermipy.target import Target

_ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
)
_MISSING_FLAGS = {"enosys": 0, "log": image.MISSING_LOG, "kill": image.MISSING_KILL}
_DEBIAN = "debian:"


def build(request: Request) -> Image:
    """Everything of an image but its bytes."""
    program = find(request.target, request.arch)
    # From here on the program is an ELF file that we can take, of one of our two machines.
    path = _guest_path(program, request)
    nodes = tree.build(*_sources(request, program, path))
    nodes, directory = tree.with_directory(nodes, _absolute(request.workdir))
    nodes, found = _gathered(nodes, _wanted(request, program, path, nodes))
    # From here on nothing that ld.so needs is absent; every site of every object is known, and each
    # is a jump that was proved or a trap.
    reached = kept.of_objects(found.loaded, found.names, _services(nodes))
    # From here on the syscalls are known that some way from the program's entries leads to.
    unresolved = reached.unresolved
    selection = modules.select(
        program.arch,
        reached.numbers | modules.numbers_of(request.assume or (), program.arch),
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
        notes=(*program.notes, *found.notes),
        flags=_MISSING_FLAGS[request.on_missing] | (image.STATS if request.stats else 0),
        manifest={
            "arch": program.arch,
            "program": path,
            "kernel": Path(kernel.path).name,
            "kernel_bytes": kernel.bytes,
            "modules": [
                {"name": module.name, "bytes": module.bytes, "because": module.because}
                for module in kernel.modules
            ],
            "syscalls": [row.name for row in selection.handlers],
            "asked": {row.name: reached.askers(row.number) for row in selection.handlers},
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


def _services(nodes: tuple[Node, ...]) -> frozenset[str]:
    """Where names are looked up, by nsswitch.conf(5)."""
    lines = (Files(nodes, ()).text("/etc/nsswitch.conf") or "").splitlines()
    words = (line.partition("#")[0].partition(":")[2].split() for line in lines)
    return frozenset(word for line in words for word in line if not word.startswith("["))


def _layers(request: Request) -> tuple[link.Layer, ...]:
    wanted = ((request.stats, link.STATS), (request.strace, link.STRACE))
    return tuple(layer for is_wanted, layer in wanted if is_wanted)


def _gathered(nodes: tuple[Node, ...], wanted: Wanted) -> tuple[tuple[Node, ...], Objects]:
    try:
        return objects.gather(nodes, wanted)
    except MissingLibraryError as error:
        from hermipy import providers  # noqa: PLC0415  only now is apt asked

        told = {name: providers.providing(name, wanted.arch) for name, _ in error.missing}
        known = {name: package for name, package in told.items() if package}
        raise MissingLibraryError(error.program, error.missing, error.others, known) from error


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
        _check_folder("--rootfs", request.rootfs)
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
        below=_below(request, program, nodes),
        library_path=settings.get("LD_LIBRARY_PATH", ""),
        preload=settings.get("LD_PRELOAD", ""),
    )


def _below(request: Request, program: Target, nodes: tuple[Node, ...]) -> tuple[Path, ...]:
    """Where libraries come from that nobody put into the tree."""
    if request.sysroot is not None:
        _check_folder("--sysroot", request.sysroot)
    interpreter = target.interpreter(program.source)
    own = bool(program.roots) or Files(nodes, ()).find(interpreter or "") is not None
    if request.sysroot is None and own:
        return objects.own_places(program.source) if not program.roots else ()
    return objects.places(program.source, program.arch, request.sysroot)


def _check_folder(option: str, folder: Path) -> None:
    if not folder.is_dir():
        raise OptionError(f"{option}: {folder} is not a directory")


def _absolute(workdir: str) -> str:
    if not workdir.startswith("/"):
        raise OptionError(f"--workdir {workdir}: write an absolute path")
    return workdir


def _guest_path(program: Target, request: Request) -> str:
    """Where the program lies in the guest: its place in the root file system or sysroot, else /."""
    if program.guest_path is not None:
        return program.guest_path
    place = objects.natural_path(program.source, request.rootfs, request.sysroot)
    if place is not None:
        return place
    taken = tree.is_base_directory(f"/{program.source.name}") or (
        request.rootfs is not None and (request.rootfs / program.source.name).is_dir()
    )
    return posixpath.join("/usr/bin" if taken else "/", program.source.name)
