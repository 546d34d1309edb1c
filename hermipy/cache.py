"""The user's cache: kernels once linked, files once analysed, packages once fetched.

An entry's name is a hash of everything that it depends on, the code that made it included, so
nothing is ever updated in place and a stale entry is simply never asked for again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hermipy.errors import InputError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PACKAGE = Path(__file__).parent
_KEY_CHARACTERS = 32


def folder(*parts: str) -> Path:
    """A folder of the cache, made when absent; raises OutputError."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return _made(Path(base, "hermipy", *parts))


@cache
def _made(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(path, error) from error
    return path


def key(*parts: object) -> str:
    """A name for what depends on `parts` and on this version of the code."""
    text = "\0".join([_code_fingerprint(), *map(repr, parts)])
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_CHARACTERS]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's contents; raises InputError."""
    try:
        status = path.stat()
        return _hash(path, status.st_ino, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise InputError(path, error) from error


@lru_cache(4096)
def _hash(path: Path, *_identity: int) -> str:
    """Of a file as it is now: libc is not read anew for every program."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(paths: Iterable[Path]) -> str:
    """What says cheaply that none of the files changed: names, sizes and times."""
    facts = []
    for path in paths:
        with contextlib.suppress(OSError):
            status = path.stat()
            facts.append((str(path), status.st_size, status.st_mtime_ns))
    return hashlib.sha256(repr(sorted(facts)).encode()).hexdigest()[:_KEY_CHARACTERS]


@contextlib.contextmanager
def atomic_file(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """A file that appears complete or not at all; raises OutputError and leaves nothing behind.

    An existing device or pipe (/dev/null, /dev/stdout) is written in place.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        with _reporting(path), path.open("wb") as stream:
            yield stream
        return
    temporary = ""
    try:
        with _reporting(path):
            if path.is_dir():
                raise IsADirectoryError(21, "is a directory")
            handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            with os.fdopen(handle, "wb") as stream:
                yield stream
                os.fchmod(stream.fileno(), mode & ~_umask())
            Path(temporary).replace(path)
            temporary = ""
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def refuse_overwriting(output: Path, source: Path) -> None:
    """Raise OutputError for an output that is the file that was read."""
    with contextlib.suppress(OSError):
        if output.samefile(source):
            raise OutputError(output, OSError(0, "it is the program itself"))


def entry(path: Path, make: Callable[[BinaryIO], object]) -> Path:
    """The cached file, made first when it is not there."""
    if not path.is_file():
        with atomic_file(path) as stream:
            make(stream)
    return path


@contextlib.contextmanager
def _reporting(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(path, error) from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


@cache
def _code_fingerprint() -> str:
    sources = [path for path in _PACKAGE.rglob("*.py") if "_kernel" not in path.parts]
    tables = [
        *_PACKAGE.parent.glob("syscall_table/*.toml"),
        *_PACKAGE.glob("_syscall_table/*.toml"),
    ]
    return fingerprint([*sources, *tables])
