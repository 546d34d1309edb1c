"""`hermipy why`: how a program gets to a syscall, a way from an entry to the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hermipy.commands import options as shared
from hermipy.console import show, show_json
from hermipy.errors import OptionError

if TYPE_CHECKING:
    from pathlib import Path

_CANNOT = 1


@click.command()
@click.argument("target")
@click.argument("syscall")
@click.option(
    "--arch", type=click.Choice(shared.ARCHES), default="riscv64",
    help="Of a debian: target; default riscv64.",
)  # fmt: skip
@shared.sysroot
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def why(target: str, syscall: str, arch: str, sysroot: Path | None, *, as_json: bool) -> int:
    """Show how TARGET can get to SYSCALL: each step leads on to the next.

    Exit status 1: it cannot, as far as the analysis can tell.

    \b
    Examples:
      hermipy why ./hello mmap
      hermipy why debian:nginx setuid
      hermipy why --json ./hello ioctl | jq .arguments
    """  # noqa: D301
    from hermipy import table
    from hermipy.audit import engine

    if syscall not in table.by_name():
        raise OptionError(f"no syscall is named {syscall!r}")
    document = engine.audit(engine.Request((target,), (arch,), sysroot))
    rows = document.programs
    if len(rows) != 1:
        listed = ", ".join(row["path"] for row in rows)
        raise OptionError(f"{target}: name one program: {listed or 'there is none'}")
    found = _found(rows[0], syscall)
    show_json(found) if as_json else show(_text(found))
    return 0 if found["reached"] else _CANNOT


def _found(row: dict[str, Any], syscall: str) -> dict[str, Any]:
    return {
        "path": row["path"],
        "arch": row["arch"],
        "syscall": syscall,
        "reached": syscall in row["syscalls"],
        "witness": row["witnesses"].get(syscall, []),
        "arguments": row["arguments"].get(syscall),
        "unresolved": row["unresolved"],
        "widened": row["widened"],
    }


def _text(found: dict[str, Any]) -> str:
    head = f"{found['path']} ({found['arch']})"
    if not found["reached"]:
        doubt = f"; {len(found['unresolved'])} sites could make any call" * bool(
            found["unresolved"]
        )
        return f"{head}: no way leads to {found['syscall']}{doubt}"
    lines = [f"{head} can make {found['syscall']}:"]
    last = None
    for step in found["witness"]:
        if step["object"] != last:
            last = step["object"]
            lines.append(f"  {last}")
        lines.append(f"    {step['address']:#10x}  {step['function']} {step['how']}")
    if found["arguments"]:
        values = found["arguments"]["values"]
        told = values if isinstance(values, str) else " ".join(values)
        lines.append(f"  {found['arguments']['argument']}: {told}")
    return "\n".join(lines)
