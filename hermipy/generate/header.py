"""Write `syscalls_gen.h`: the macro that makes a handler agree with its row.

`SYSCALL(read)(unsigned int fd, ...)` expands to the entry that the dispatch table names, with every
register converted to the argument's type as Linux's own wrappers do (a 32-bit argument's upper half
is ignored), then to the head of the body. Run by the Makefile as `python -m hermipy.generate.header
ARCH OUT`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from hermipy import table


def header(rows: tuple[table.Syscall, ...]) -> str:
    """The text of syscalls_gen.h for these rows."""
    types = " ".join(argument.type for row in rows for argument in row.arguments)
    structures = sorted(set(re.findall(r"struct \w+", types)))
    parts = [
        "// Made from syscall_table/ by hermipy.generate.header.\n#pragma once\n",
        "\n".join(f"{structure};" for structure in structures),
        *(_macro(row) for row in rows),
        "enum {\n" + "".join(f"    NR_{row.name} = {row.number},\n" for row in rows) + "};",
    ]
    return "\n".join(parts) + "\n"


def _macro(row: table.Syscall) -> str:
    types = ", ".join(argument.type for argument in row.arguments) or "void"
    registers = ", ".join(f"long a{i}" for i in range(len(row.arguments))) or "void"
    values = ", ".join(f"({argument.type})a{i}" for i, argument in enumerate(row.arguments))
    return (
        f"#define SYSCALL_{row.name} \\\n"
        f"    static long do_{row.name}({types}); \\\n"
        f"    long sys_{row.name}({registers}); \\\n"
        f"    long sys_{row.name}({registers}) {{ return do_{row.name}({values}); }} \\\n"
        f"    static inline __attribute__((always_inline)) long do_{row.name}"
    )


def main() -> None:
    """Write the header for the architecture named on the command line, only when it changed."""
    arch, out = sys.argv[1], Path(sys.argv[2])
    text = header(tuple(table.by_number(arch).values()))
    if not out.is_file() or out.read_text() != text:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text)


if __name__ == "__main__":
    main()
