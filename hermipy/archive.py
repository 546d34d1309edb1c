"""The kernel's archive, unpacked: ar(5) as llvm-ar writes it, with GNU's table of long names.

An archive keeps base names only, and kernel/ has files of one name in several folders. So the build
writes the paths, in the archive's order, into `members` beside it.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import cache
from hermipy.errors import BadFileError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = b"!<arch>\n"
_HEADER_BYTES = 60
_NAME = slice(0, 16)
_SIZE = slice(48, 58)


def unpacked(archive: Path) -> Path:
    """A folder in the cache with the archive's objects, each at its path in kernel/."""
    listing = archive.with_name("members")
    name = cache.key("objects", cache.fingerprint([archive, listing]))
    folder = cache.folder("objects") / name
    if not folder.is_dir():
        _unpack(archive, listing.read_text().split(), folder)
    return folder


def members(data: bytes, path: Path) -> Iterator[bytes]:
    """The contents of every member but the symbol table and the table of names, in order."""
    if not data.startswith(_MAGIC):
        raise BadFileError(path, "is not an archive")
    at = len(_MAGIC)
    while at + _HEADER_BYTES <= len(data):
        header = data[at : at + _HEADER_BYTES]
        size = int(header[_SIZE])
        start = at + _HEADER_BYTES
        if header[_NAME].strip() not in (b"/", b"//", b"/SYM64/"):
            yield data[start : start + size]
        at = start + size + size % 2


def _unpack(archive: Path, paths: list[str], folder: Path) -> None:
    contents = list(members(archive.read_bytes(), archive))
    if len(contents) != len(paths):
        raise BadFileError(archive, f"holds {len(contents)} objects, `members` lists {len(paths)}")
    try:
        work = Path(tempfile.mkdtemp(prefix=".unpack.", dir=folder.parent))
        try:
            for path, content in zip(paths, contents, strict=True):
                target = work / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            _publish(work, folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise OutputError(folder, error) from error


def _publish(work: Path, folder: Path) -> None:
    """Two processes may unpack at once: the first one's folder stays."""
    try:
        work.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise
