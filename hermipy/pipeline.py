"""READ FIRST: the straight line from a target to a bootable image; each stage is called once.

    target -> prepare (scan, resolve, rewrite) -> tree -> select -> link -> image -> run

Every stage takes frozen values and gives new ones; only `image.write` and `run` touch the world.
"""

from __future__ import annotations

import posixpath
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import image, link, modules, prepare, target, tree
from hermipy.errors import InputError, OptionError
from hermipy.image import Image, merge_environment
from hermipy.model import Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.prepare import Prepared
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
    workdir: str = "/"
    direct: bool = True
    on_missing: str = "enosys"
    assume: tuple[str, ...] | None = None
    """Names of the syscalls that unresolved sites make; None: they could make any."""
    stats: bool = False


def build(request: Request) -> Image:
    """Everything of an image but its bytes."""
    program = find(request.target, request.arch)
    # From here on the program is an ELF file that we can take, of one of our two machines.
    prepared = prepare.prepare(program.source, direct=request.direct)
    # From here on every site is known, and each is a jump that was proved or a trap.
    nodes = tree.build(*_sources(request, program, prepared))
    nodes, directory = tree.with_directory(nodes, _absolute(request.workdir))
    selection = modules.select(
        program.arch,
        _numbers(prepared, program, request.assume),
        unresolved=bool(prepared.unresolved) and request.assume is None,
        texts=_texts(nodes, request),
    )
    # From here on no syscall outside the selection has a handler.
    kernel = link.link(selection, stats=request.stats)
    executable = _guest_path(program, request.rootfs)
    return Image(
        kernel=kernel,
        nodes=nodes,
        executable=executable,
        working_directory=directory,
        arguments=(program.name, *request.arguments),
        environment=merge_environment(_ENVIRONMENT, request.environment),
        flags=_MISSING_FLAGS[request.on_missing] | (image.STATS if request.stats else 0),
        manifest={
            "arch": program.arch,
            "program": executable,
            "kernel_bytes": kernel.bytes,
            "modules": [
                {"name": module.name, "bytes": module.bytes, "because": module.because}
                for module in kernel.modules
            ],
            "syscalls": [row.name for row in selection.handlers],
            "missing": selection.missing,
            "unresolved": prepared.unresolved,
            "sites": {"direct": prepared.direct, "trap": prepared.trap},
            "on_missing": request.on_missing,
            "stats": request.stats,
        },
    )


def find(name: str, arch: str | None) -> Target:
    """The program that a TARGET argument means."""
    if name.startswith(_DEBIAN):
        from hermipy import debian  # noqa: PLC0415  only these targets need apt

        return debian.fetch(name.removeprefix(_DEBIAN), arch or "riscv64")
    program = target.from_file(Path(name))
    if arch is not None and arch != program.arch:
        raise OptionError(f"{name} is for {program.arch}, not for --arch {arch}")
    return program


def _numbers(prepared: Prepared, program: Target, assume: tuple[str, ...] | None) -> frozenset[int]:
    return frozenset(prepared.numbers) | modules.numbers_of(assume or (), program.arch)


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


def _sources(request: Request, program: Target, prepared: Prepared) -> Iterator[Iterator[Node]]:
    """The tree's sources, the weakest first."""
    if program.root is not None:
        yield tree.from_package(program.root)
    if request.rootfs is not None:
        if not request.rootfs.is_dir():
            raise OptionError(f"--rootfs: {request.rootfs} is not a directory")
        yield tree.from_folder(request.rootfs)
    for option in request.add:
        yield tree.from_option(option)
    yield iter([_program_node(program, prepared, _guest_path(program, request.rootfs))])


def _program_node(program: Target, prepared: Prepared, path: str) -> Node:
    return Node(
        path=path,
        # Whoever could read the file on the host may run it: the packed program is there to be run.
        mode=stat.S_IFREG | 0o755,
        mtime_ns=program.source.stat().st_mtime_ns,
        source=Path(prepared.path),
        stub_offset=prepared.stub_offset,
        stub_size=prepared.stub_size,
    )


def _absolute(workdir: str) -> str:
    if not workdir.startswith("/"):
        raise OptionError(f"--workdir {workdir}: write an absolute path")
    return workdir


def _guest_path(program: Target, rootfs: Path | None) -> str:
    """Where the program lies in the guest: its place in the root file system, else /."""
    if program.guest_path is not None:
        return program.guest_path
    if rootfs is not None and program.source.resolve().is_relative_to(rootfs.resolve()):
        return tree.normalise(str(program.source.resolve().relative_to(rootfs.resolve())))
    taken = tree.is_base_directory(f"/{program.source.name}") or (
        rootfs is not None and (rootfs / program.source.name).is_dir()
    )
    return posixpath.join("/usr/bin" if taken else "/", program.source.name)
