"""`hermipy audit`: what programs can ask for, against what is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from hermipy.commands import options
from hermipy.console import show, show_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("paths", type=options.File, nargs=-1, required=True, metavar="PATH...")
@options.sysroot
@click.option(
    "--json", "output", type=options.File, metavar="F",
    help="Write the whole result to F; - is stdout.",
)  # fmt: skip
def audit(paths: tuple[Path, ...], sysroot: Path | None, output: Path | None) -> None:
    """Say of every program under PATH... what it can ask for and what is there.

    \b
    Example:
      hermipy audit /usr/riscv64-linux-gnu/bin --json audit.json
    """  # noqa: D301
    from hermipy import audit as auditor
    from hermipy import cache

    facts = auditor.audit(paths, sysroot)
    if output is None:
        show(auditor.text(facts))
    elif str(output) == "-":
        show_json(facts)
    else:
        for path in paths:
            cache.refuse_overwriting(output, path)
        with cache.atomic_file(output) as stream:
            stream.write(json.dumps(facts, indent=2).encode() + b"\n")
        show(auditor.summary(facts))
