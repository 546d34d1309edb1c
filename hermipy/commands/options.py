"""Parameters that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

ARCHES = ("riscv64", "aarch64")
# Whether a file can be read is found out by reading it; click's own test only words it differently.
File = click.Path(path_type=Path, readable=False)

sysroot = click.option(
    "--sysroot", type=File, metavar="DIR",
    help="Take the libraries from here; default: the cross libc's folder, else /.",
)  # fmt: skip
