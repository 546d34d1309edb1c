"""`hermipy audit`: what programs can ask for, against what is there."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from hermipy.commands import options as shared
from hermipy.console import Progress, say, show
from hermipy.errors import OptionError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hermipy.audit.document import Document

_FORMATS = ("json", "html", "csv", "seccomp")
_REFUSED = 1


def _output(name: str, what: str) -> Callable[..., Any]:
    return click.option(
        f"--{name}", type=shared.File, metavar="F", help=f"Write {what} to F; - is stdout."
    )


@click.command()
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@click.option(
    "--arch",
    type=click.Choice((*shared.ARCHES, "all")),
    default="riscv64",
    help="Of debian: targets; default riscv64.",
)
@shared.sysroot
@_output("json", "the whole result")
@_output("html", "one page to look at, which needs no network,")
@_output("csv", "a line per program")
@_output("seccomp", "a profile for Docker, Podman and Kubernetes")
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="Processes that work at once; default: the number of CPUs.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Work on this Dask cluster (tcp://HOST:PORT) instead. Its workers need this "
    "version of hermipy, and read programs and libraries themselves, by the same "
    "paths as here.",
)
@click.option(
    "--observed",
    type=shared.File,
    metavar="TRACE",
    help="Cross the answer for one program with what strace -f, qemu-user's -strace or "
    "run --strace wrote; exit status 1 when a call was not predicted.",
)
@click.option("--fail-on", multiple=True, type=click.Choice(("absent", "partial", "unresolved")),
              help="Exit status 1 when a program can make a syscall that is absent, or partial or "
                   "a stub, or unknown; may be repeated.")  # fmt: skip
def audit(targets: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401  click's
    """Say of every program of TARGET... what it can ask for and what is there.

    A TARGET is a program, a directory, a root file system (a directory with usr/ or etc/ in it),
    debian:PACKAGE[:PATH], or @FILE, which lists targets, one a line. A program that cannot be
    judged is a row with an error. What was found is kept: an audit that was killed goes on where
    it was.

    \b
    Examples:
      hermipy audit ./hello
      hermipy audit debian:coreutils --arch all --csv coreutils.csv
      hermipy audit ./rootfs --json audit.json --fail-on absent
      hermipy audit @packages.txt --dask tcp://10.0.0.1:8786 --json audit.json
      hermipy audit ./hello --observed trace.txt
    """  # noqa: D301
    from hermipy.audit import engine

    outputs = {name: options[name] for name in _FORMATS if options[name] is not None}
    _check_outputs(outputs, targets)
    arches = shared.ARCHES if options["arch"] == "all" else (options["arch"],)
    request = engine.Request(targets, arches, options["sysroot"], options["jobs"], options["dask"])
    with _progress() as tell:
        document = engine.audit(request, tell)
    if options["observed"]:
        document = _with_observed(document, options["observed"])
    for name, path in outputs.items():
        with _opened(path) as stream:
            _write(name, document, stream)
    _show(document, outputs)
    return _status(document, options["fail_on"])


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[object], None]]:
    progress = Progress()
    try:
        yield progress.tell
    finally:
        progress.end()


def _check_outputs(outputs: dict[str, Path], targets: tuple[str, ...]) -> None:
    """Find out before the work what would make it useless."""
    from hermipy import cache

    if sum(str(path) == "-" for path in outputs.values()) > 1:
        raise OptionError("only one result can go to stdout")
    for path in outputs.values():
        for target in targets:
            cache.refuse_overwriting(path, Path(target))
        if str(path) != "-" and not os.access(path.parent, os.W_OK):
            error = FileNotFoundError(2, "no such folder, or it is not ours to write")
            raise OutputError(path, error)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    from hermipy import cache

    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with cache.atomic_file(path) as stream:
        yield stream


def _write(name: str, document: Document, stream: BinaryIO) -> None:
    match name:
        case "json":
            document.write_json(stream)
        case "html":
            from hermipy import page

            page.write(document, stream)
        case "csv":
            from hermipy.audit import sheet

            sheet.write(document, stream)
        case _:
            from hermipy import seccomp

            profile = seccomp.profile(document.programs)
            stream.write(json.dumps(profile, indent=2).encode() + b"\n")


def _with_observed(document: Document, trace: Path) -> Document:
    from hermipy.audit import observed

    if len(document.programs) != 1:
        raise OptionError(f"--observed is for one program, and these are {len(document.programs)}")
    return replace(document, observed=observed.cross(document.programs[0], trace))


def _show(document: Document, outputs: dict[str, Path]) -> None:
    """Nothing beside a result on stdout; beside one in a file only the figures."""
    from hermipy.audit import observed, text

    if "-" in map(str, outputs.values()):
        return
    if outputs:
        show(text.summary(document))
    else:
        for paragraph in text.report(document):
            show(paragraph)
    if document.observed is not None:
        show(observed.text(document.observed))


def _status(document: Document, fail_on: tuple[str, ...]) -> int:
    from hermipy.audit import facts, gate

    status = 0
    unpredicted = document.observed["seen_not_predicted"] if document.observed else []
    if unpredicted:
        say(f"--observed: seen but not predicted: {' '.join(unpredicted)}")
        status = _REFUSED
    if fail_on:
        refusal = gate.refusal((facts.of_row(row, {}) for row in document.programs), fail_on)
        if refusal:
            say(refusal)
            status = _REFUSED
    return status
