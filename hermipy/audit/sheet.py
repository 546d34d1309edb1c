"""An audit as CSV (RFC 4180): a line per program, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from hermipy.audit.document import Document
    from hermipy.audit.rows import Row

_LISTS = ("syscalls", "full", "partial", "stub", "absent")
COLUMNS = (
    *("path", "arch", "package", "verdict", "error", "dynamic", "file_bytes", "library_bytes"),
    *("libraries", "missing_libraries", "unresolved", "widened"),
    *_LISTS,
    *("partial_names", "stub_names", "absent_names"),
)


def write(document: Document, stream: BinaryIO) -> None:
    """The header and every row; names in one cell are separated by spaces."""
    text = io.TextIOWrapper(
        stream, encoding="utf-8", errors="surrogateescape", newline="", write_through=True
    )
    lines = csv.DictWriter(text, COLUMNS)
    lines.writeheader()
    lines.writerows(map(_cells, document.programs))
    text.detach()


def _cells(row: Row) -> dict[str, object]:
    cells: dict[str, object] = {name: row.get(name) for name in ("path", "arch", "package")}
    if "error" in row:
        return cells | {"error": row["error"]}
    return cells | {
        "verdict": row["verdict"],
        "dynamic": int(row["dynamic"]),
        "file_bytes": row["sizes"]["file"],
        "library_bytes": row["sizes"]["libraries"],
        "libraries": len(row["libraries"]),
        "missing_libraries": " ".join(row["missing_libraries"]),
        "unresolved": len(row["unresolved"]),
        "widened": len(row["widened"]),
        **{name: len(row[name]) for name in _LISTS},
        **{f"{name}_names": " ".join(row[name]) for name in ("partial", "stub", "absent")},
    }
