"""The image's file tree: what the program finds under /.

As in an image made from nothing: only what was asked for, and the few directories and files that
every libc expects. A later source replaces what an earlier one put at the same path.
"""

from __future__ import annotations

import os
import posixpath
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy.errors import InputError, OptionError
from hermipy.model import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DIRECTORY, _FILE, _SYMLINK = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777
_MAX_LINKS = 40  # path_resolution(7)

# Mount points for the kernel's file systems, a place to write, and the names of user and machine:
# without /etc/passwd and its kin, getpwuid() and gethostbyname() fail where answers are expected.
_BASE = (
    Node("/", _DIRECTORY),
    Node("/dev", _DIRECTORY),
    Node("/proc", stat.S_IFDIR | 0o555),
    Node("/root", stat.S_IFDIR | 0o700),
    Node("/tmp", stat.S_IFDIR | 0o1777),  # noqa: S108  the guest's
    Node("/etc", _DIRECTORY),
    Node("/etc/passwd", _FILE, data=b"root:x:0:0:root:/root:/bin/sh\n"),
    Node("/etc/group", _FILE, data=b"root:x:0:\n"),
    Node("/etc/hostname", _FILE, data=b"hermipy\n"),
    Node("/etc/hosts", _FILE, data=b"127.0.0.1\tlocalhost\n127.0.1.1\thermipy\n"),
)

# What Debian's own slim images leave out; programs run without.
_DOCUMENTATION = tuple(
    f"/usr/share/{name}/" for name in ("doc", "man", "info", "lintian", "linda", "locale", "bug")
)


# What Debian's base-files has as links into /usr.
MERGED_USR = ("bin", "sbin", "lib")


def build(*sources: Iterable[Node]) -> tuple[Node, ...]:
    """The base tree with `sources` over it, and every missing parent directory."""
    nodes: dict[str, Node] = {node.path: node for node in _BASE}
    for node in (node for source in sources for node in source):
        _put(nodes, node)
    return tuple(nodes.values())


def with_directory(built: tuple[Node, ...], path: str) -> tuple[tuple[Node, ...], str]:
    """The tree with the directory `path` in it, and that directory's path without symlinks."""
    nodes = {node.path: node for node in built}
    real = _real_directory(nodes, normalise(path)) or "/"
    return tuple(nodes.values()), real


def from_folder(folder: Path, guest: str = "/") -> Iterator[Node]:
    """Everything in a folder of the host, as it would lie under `guest`; raises InputError."""
    yield node(folder, guest)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(folder, error) from error
    for entry in entries:
        path = posixpath.join(guest, entry.name)
        if entry.is_dir(follow_symlinks=False):
            yield from from_folder(Path(entry.path), path)
            continue
        found = node(Path(entry.path), path)
        if not stat.S_ISSOCK(found.mode):
            yield found


def from_package(folder: Path) -> Iterator[Node]:
    """A Debian package's files without their documentation, under Debian's merged /usr."""
    for name in MERGED_USR:
        if not (folder / name).is_dir():
            yield Node(f"/{name}", _SYMLINK, data=f"usr/{name}".encode())
        yield Node(f"/usr/{name}", _DIRECTORY)
    for node in from_folder(folder):
        if node.path != "/" and not f"{node.path}/".startswith(_DOCUMENTATION):
            yield node


def from_option(text: str) -> Iterator[Node]:
    """The nodes of `--add HOST:GUEST`; a guest path that ends in / keeps the host's name."""
    host, colon, guest = text.rpartition(":")
    if not colon or not host or not guest.startswith("/"):
        raise OptionError(f"--add {text}: write HOST:GUEST, with an absolute GUEST path")
    source = Path(host)
    if not source.exists():
        raise OptionError(f"--add {text}: there is no {host}")
    if guest.endswith("/") and not source.is_dir():
        guest += source.name
    path = normalise(guest)
    return (
        from_folder(source.resolve(), path)
        if source.is_dir()
        else iter([node(source.resolve(), path)])
    )


def normalise(path: str) -> str:
    """An absolute guest path without `.`, `..`, doubled or trailing slashes."""
    return "/" + posixpath.normpath("/" + path).lstrip("/")


def node(source: Path, path: str) -> Node:
    """A file of the host as it would lie at `path`; raises InputError."""
    try:
        status = source.lstat()
        target = os.fsencode(source.readlink()) if stat.S_ISLNK(status.st_mode) else None
    except OSError as error:
        raise InputError(source, error) from error
    mine = os.geteuid(), os.getegid()
    return Node(
        path=path,
        mode=status.st_mode,
        # What belongs to whoever packs belongs to root in the image, as with docker's COPY.
        uid=0 if status.st_uid == mine[0] else status.st_uid,
        gid=0 if status.st_gid == mine[1] else status.st_gid,
        mtime_ns=status.st_mtime_ns,
        source=source if stat.S_ISREG(status.st_mode) else None,
        data=target,
        rdev=status.st_rdev,
    )


def _put(nodes: dict[str, Node], node: Node) -> None:
    parent, slash, name = node.path.rpartition("/")
    path = f"{_real_directory(nodes, parent)}{slash}{name}" if name else "/"
    old = nodes.get(path)
    both_directories = old is not None and stat.S_ISDIR(old.mode) and stat.S_ISDIR(node.mode)
    if old is not None and stat.S_ISLNK(old.mode) and stat.S_ISDIR(node.mode):
        return  # as dpkg does: a link to a directory stays when a package has the directory
    if old is not None and stat.S_ISDIR(old.mode) and not both_directories:
        for below in [other for other in nodes if other.startswith(f"{path}/")]:
            del nodes[below]
    nodes[path] = node if node.path == path else replace(node, path=path)


def _real_directory(nodes: dict[str, Node], path: str, links: int = 0) -> str:
    """`path` with symlinks followed and missing directories made; no slash at the end."""
    real = ""
    for part in filter(None, path.split("/")):
        here = f"{real}/{part}"
        node = nodes.get(here)
        if node is not None and stat.S_ISLNK(node.mode) and node.data is not None:
            if links >= _MAX_LINKS:
                raise OptionError(f"{path}: too many symbolic links in the image")
            target = normalise(posixpath.join(real or "/", os.fsdecode(node.data)))
            real = _real_directory(nodes, target, links + 1)
            continue
        if node is None or not stat.S_ISDIR(node.mode):
            nodes[here] = Node(here, _DIRECTORY)
        real = here
    return real


def is_base_directory(path: str) -> bool:
    """Whether every image has a directory of this path."""
    return any(node.path == path and stat.S_ISDIR(node.mode) for node in _BASE)
