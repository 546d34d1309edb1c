"""Write docs/syscalls.md: every syscall of the ABI, and how much of it the kernel does.

Run by `make docs` as `python -m hermipy.generate.page`; a test keeps the page equal to the table.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path

from hermipy import table

PAGE = Path(__file__).parent.parent.parent / "docs" / "syscalls.md"


def page(rows: tuple[table.Syscall, ...]) -> str:
    """The page's Markdown."""
    counts = Counter(row.status for row in rows)
    summary = ", ".join(f"{counts[status]} {status}" for status in table.Status)
    parts = [
        "# Syscalls",
        "",
        "Made from `syscall_table/` by `make docs`; do not edit. The numbers are Linux's generic",
        "64-bit ABI (Linux 6.12), which riscv64 and aarch64 share.",
        f"Of {len(rows)} syscalls: {summary}.",
    ]
    ordered = sorted(rows, key=lambda row: (row.section, row.number))
    for section, members in groupby(ordered, key=lambda row: row.section):
        parts += ["", f"## {section}", "", "| number | name | status | module | note |"]
        parts += ["|---|---|---|---|---|", *map(_line, members)]
    return "\n".join(parts) + "\n"


def _line(row: table.Syscall) -> str:
    name = row.name if len(row.arches) > 1 else f"{row.name} ({row.arches[0]})"
    module = f"`{row.module}`" if row.module else ""
    return f"| {row.number} | {name} | {row.status} | {module} | {row.note} |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(table.load()))


if __name__ == "__main__":
    main()
