"""The result of an audit: rows on disk in their order, and what follows from all of them.

Thousands of rows with their witnesses are more than memory should hold, so a row is read when it is
looked at. Written out, each row has a line of its own: `grep` and `diff` can work with that.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.audit.rows import Row

SCHEMA = 1


class Rows(Sequence["Row"]):
    """Rows by their place; put in in any order, each once, before the first is read."""

    def __init__(self, count: int) -> None:
        self._file = tempfile.TemporaryFile(prefix="hermipy-audit.")  # noqa: SIM115  as long as we live
        self._places: list[tuple[int, int]] = [(0, 0)] * count

    def put(self, index: int, line: bytes) -> None:
        """A row as JSON."""
        self._places[index] = (self._file.seek(0, 2), len(line))
        self._file.write(line)

    def line(self, index: int) -> bytes:
        """A row as JSON."""
        start, size = self._places[index]
        self._file.seek(start)
        return self._file.read(size)

    def __len__(self) -> int:
        """How many there are to be."""
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        """The row, made anew each time."""
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        row: Row = json.loads(self.line(index))
        return row

    def __iter__(self) -> Iterator[Row]:
        """Every row, in order."""
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True, slots=True)
class Document:
    """An audit."""

    programs: Rows
    summary: dict[str, Any]
    table: dict[str, dict[str, str]]
    """By name of every syscall in a row: its status and note."""
    observed: dict[str, Any] | None = None
    """What a trace has against the one program's row."""

    def write_json(self, stream: BinaryIO) -> None:
        """The whole of it, the same bytes for the same rows."""
        stream.write(b'{"schema": %d,\n"programs": [' % SCHEMA)
        for index in range(len(self.programs)):
            stream.write(b",\n" if index else b"\n")
            stream.write(self.programs.line(index))
        stream.write(b"\n]")
        rest = {"summary": self.summary, "table": self.table}
        if self.observed is not None:
            rest["observed"] = self.observed
        stream.writelines(
            f',\n"{name}": {json.dumps(value)}'.encode() for name, value in rest.items()
        )
        stream.write(b"}\n")
