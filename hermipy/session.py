"""What `run` runs: a program that is packed on the way, or an image that was packed before."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from hermipy import cache, image
from hermipy.errors import OptionError

if TYPE_CHECKING:
    from hermipy.image import Image
    from hermipy.request import Request


class Runnable(Protocol):
    """Something that becomes a bootable file."""

    @property
    def arch(self) -> str:
        """Whose machine it needs."""

    @property
    def on_missing(self) -> str:
        """The policy for syscalls that are not linked."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know before it runs."""

    @property
    def ready(self) -> Path | None:
        """The bootable file, when there is no need to write it."""

    def write(self, stream: BinaryIO) -> None:
        """Write the bootable file."""

    def store(self) -> Path:
        """The bootable file on the disk."""

    def file(self, path: str) -> bytes | None:
        """The bytes of a file in it, for its symbols."""

    def kernel_symbols(self) -> Path | None:
        """The kernel as it was linked; None when it is not there any more."""

    def program(self) -> str:
        """The program's path in it."""

    def objects(self) -> dict[str, bytes | str]:
        """The ELF files' bytes and the symbolic links' targets, by their paths in it."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """A program, packed for this run."""

    built: Image
    source: Path

    @property
    def arch(self) -> str:
        """Whose machine it needs."""
        return self.built.kernel.arch

    @property
    def on_missing(self) -> str:
        """The policy for syscalls that are not linked."""
        return str(self.built.manifest["on_missing"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know before it runs."""
        return self.built.notes

    @property
    def ready(self) -> Path | None:
        """It is nowhere yet."""
        return None

    def write(self, stream: BinaryIO) -> None:
        """Write the bootable file."""
        image.write(self.built, stream)

    def store(self) -> Path:
        """The bootable file, in the cache."""
        name = cache.key("image", cache.file_hash(self.source), repr(self.built))
        return cache.entry(cache.folder("images") / f"{name}.img", self.write)

    def file(self, path: str) -> bytes | None:
        """The bytes of a file in it, as they were packed."""
        node = next((node for node in self.built.nodes if node.path == path), None)
        return node.source.read_bytes() if node is not None and node.source else None

    def kernel_symbols(self) -> Path | None:
        """The kernel as it was linked."""
        return Path(self.built.kernel.path)

    def program(self) -> str:
        """The program's path in it."""
        return self.built.executable

    def objects(self) -> dict[str, bytes | str]:
        """The ELF files' bytes as they are packed, and the symbolic links' targets."""
        names = _object_names(self.built.manifest)
        found: dict[str, bytes | str] = {}
        for node in self.built.nodes:
            if node.path in names and node.source is not None:
                found[node.path] = node.source.read_bytes()
            elif stat.S_ISLNK(node.mode) and node.data is not None:
                found[node.path] = os.fsdecode(node.data)
        return found


@dataclass(frozen=True, slots=True)
class Packed:
    """An image, perhaps with other arguments."""

    path: Path
    manifest: dict[str, Any]
    arguments: tuple[str, ...]
    environment: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def arch(self) -> str:
        """Whose machine it needs."""
        return str(self.manifest["arch"])

    @property
    def on_missing(self) -> str:
        """The policy for syscalls that are not linked."""
        return str(self.manifest["on_missing"])

    @property
    def ready(self) -> Path | None:
        """The image itself, unless this run has arguments of its own."""
        return None if self.arguments or self.environment else self.path

    def write(self, stream: BinaryIO) -> None:
        """Write the image with this run's arguments and environment."""
        image.write_again(self.path, stream, self.arguments, self.environment)

    def store(self) -> Path:
        """The image itself, or in the cache one with this run's arguments."""
        if self.ready is not None:
            return self.ready
        name = cache.key("image", cache.file_hash(self.path), self.arguments, self.environment)
        return cache.entry(cache.folder("images") / f"{name}.img", self.write)

    def file(self, path: str) -> bytes | None:
        """The bytes of a file in it, as they were packed."""
        return image.extract(self.path, self.manifest, path)

    def kernel_symbols(self) -> Path | None:
        """The linked kernel, when it is still in the cache."""
        path = cache.folder("kernels") / str(self.manifest.get("kernel", ""))
        return path if path.is_file() else None

    def program(self) -> str:
        """The program's path in it."""
        return str(self.manifest["program"])

    def objects(self) -> dict[str, bytes | str]:
        """The ELF files' bytes as they are packed, and the symbolic links' targets."""
        found: dict[str, bytes | str] = {}
        names = _object_names(self.manifest)
        for fact in self.manifest["files"]:
            is_link = fact["kind"] == "symlink"
            if is_link or fact["path"] in names:
                data = self.file(fact["path"]) or b""
                found[fact["path"]] = os.fsdecode(data) if is_link else data
        return found


def _object_names(manifest: dict[str, Any]) -> frozenset[str]:
    return frozenset(fact["path"] for fact in manifest["objects"])


def prepare(request: Request) -> Runnable:
    """What the request's target is, made ready."""
    path = Path(request.target)
    manifest = None
    if not request.target.startswith("debian:") and path.is_file():
        manifest = image.read_manifest(path)
    environment = _with_terminal(request.environment)
    if manifest is None:
        return _fresh(request, environment)
    _refuse_packing_options(request)
    if request.arch not in (None, manifest["arch"]):
        raise OptionError(f"{path} is for {manifest['arch']}, not for --arch {request.arch}")
    return Packed(path, manifest, request.arguments, environment)


def _fresh(request: Request, environment: tuple[str, ...]) -> Fresh:
    from dataclasses import replace  # noqa: PLC0415  an image needs none of this

    from hermipy import pipeline  # noqa: PLC0415

    program = pipeline.find(request.target, request.arch)
    return Fresh(pipeline.build(replace(request, environment=environment)), program.source)


def _with_terminal(environment: tuple[str, ...]) -> tuple[str, ...]:
    """TERM goes along when the program talks to the user's terminal, as with docker run -t."""
    term = os.environ.get("TERM")
    if not term or not os.isatty(0) or any(item.startswith("TERM=") for item in environment):
        return environment
    return (f"TERM={term}", *environment)


def _refuse_packing_options(request: Request) -> None:
    given = {
        "--add": request.add,
        "--rootfs": request.rootfs,
        "--sysroot": request.sysroot,
        "--workdir": request.workdir != "/",
        "--assume": request.assume,
        "--stats": request.stats,
        "--strace": request.strace,
    }
    for option, value in given.items():
        if value:
            raise OptionError(f"{option} is for packing; {request.target} is packed already")
