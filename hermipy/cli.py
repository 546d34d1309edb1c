"""The command line: the only place that makes exit codes.

What a command is about goes to stdout; what Hermipy has to say goes to stderr, each line with
`hermipy: ` before it, so that a program's own output stays its own. Imports are in the commands:
`run` must not pay for what only `verify` needs.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hermipy.commands import options as shared
from hermipy.commands.audit import audit
from hermipy.commands.why import why
from hermipy.console import say, show, show_json
from hermipy.errors import HermipyError, OptionError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hermipy.relay import Listeners, Outcome
    from hermipy.request import Request
    from hermipy.run import Options
    from hermipy.session import Runnable

OWN_FAILURE = 125
_PROGRAM = {"allow_interspersed_args": False}


def main() -> None:
    """The `hermipy` program."""
    _open_streams()
    status = OWN_FAILURE
    try:
        returned = cli.main(prog_name="hermipy", standalone_mode=False)
        sys.stdout.flush()
        status = _status(returned)
    except HermipyError as error:
        say(str(error))
    except click.ClickException as error:
        say(_usage(error))
    except (KeyboardInterrupt, click.Abort):
        status = 130
    except BrokenPipeError:
        status = 141
    except OSError as error:
        say(f"{error.filename or 'stdout'}: {error.strerror or error}")
    except MemoryError:
        say("out of memory")
    _leave(status)


def _open_streams() -> None:
    """A stream that was closed before we started (`>&-`) becomes /dev/null.

    Otherwise the next file that we open gets its number, and the program's output. A file's name
    is shown as it is, whatever its bytes.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
        getattr(sys, name).reconfigure(errors="surrogateescape")


def _usage(error: click.ClickException) -> str:
    """What is wrong with the command line, and whose help to read."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "hermipy"
    return f"{error.format_message().rstrip('.')} (see {command} --help)"


def _leave(status: int) -> None:
    """Exit without a second complaint from the interpreter about an stdout that is gone."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.exit(status)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(status)


def _status(returned: object) -> int:
    return returned if isinstance(returned, int) else 0


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="hermipy", prog_name="hermipy")
@click.pass_context
def cli(context: click.Context) -> None:
    """Run an unmodified Linux program for RISC-V 64 or AArch64 as a unikernel.

    Exit status 125: Hermipy failed, or could not make sense of the command line; one line on
    stderr says why. Everything else that `run` ends with is the program's.

    \b
    Examples:
      hermipy run ./hello
      hermipy run debian:busybox-static ls -l /
      hermipy pack -o hello.img ./hello && hermipy run hello.img
      hermipy scan ./hello
    """  # noqa: D301  \b keeps the lines apart in click's help
    if context.invoked_subcommand is None:
        show(context.get_help())


def _packing(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `pack`, which `run` has as well."""
    options = [
        click.option("--env", "environment", multiple=True, metavar="K=V",
                     help="Set a variable in the program's environment; K alone passes ours on."),
        click.option("--add", multiple=True, metavar="HOST:GUEST",
                     help="Put a file or directory of the host into the image."),
        click.option("--rootfs", type=shared.File, metavar="DIR",
                     help="Start from this directory as the root file system."),
        shared.sysroot,
        click.option("-w", "--workdir", default="/", metavar="DIR",
                     help="The program's working directory in the guest; made when it is missing."),
        click.option("--arch", type=click.Choice(shared.ARCHES),
                     help="Of a debian: target; default riscv64."),
        click.option("--syscalls", type=click.Choice(("direct", "trap")), default="direct",
                     help="Rewrite syscall sites into jumps, or leave the file as it is."),
        click.option("--on-missing", type=click.Choice(("enosys", "log", "kill")), default="enosys",
                     help="What a syscall that is not linked does."),
        click.option("--assume", metavar="NAME,...",
                     help="The syscalls that unresolved sites make; default: any."),
        click.option("--stats", is_flag=True, help="Count syscalls and report them at the end."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _request(target: str, arguments: Sequence[str], options: dict[str, Any]) -> Request:
    from hermipy import settings
    from hermipy.request import Request

    assume = options["assume"]
    return Request(
        target=target,
        arguments=tuple(arguments),
        arch=options["arch"],
        environment=settings.environment(options["environment"], dict(os.environ)),
        add=options["add"],
        rootfs=options["rootfs"],
        sysroot=options["sysroot"],
        workdir=options["workdir"],
        direct=options["syscalls"] == "direct",
        on_missing=options["on_missing"],
        assume=None if assume is None else tuple(filter(None, assume.split(","))),
        stats=options["stats"],
        strace=options.get("strace", False),
    )


@cli.command(context_settings=_PROGRAM)
@click.option(
    "-o", "--output", type=shared.File, required=True, metavar="IMAGE", help="The image to write."
)
@_packing
@click.argument("target")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def pack(output: Path, target: str, arguments: tuple[str, ...], **options: Any) -> None:  # noqa: ANN401  click's
    """Pack TARGET with its ARGS into one bootable file.

    \b
    Examples:
      hermipy pack -o hello.img ./hello
      hermipy pack -o sh.img --add ./scripts:/scripts debian:busybox-static sh /scripts/a.sh
    """  # noqa: D301
    from hermipy import cache, image, pipeline

    built = pipeline.build(_request(target, arguments, options))
    for note in built.notes:
        say(note)
    cache.refuse_overwriting(output, Path(target))
    with cache.atomic_file(output, mode=0o755) as stream:
        image.write(built, stream)


@cli.command(context_settings=_PROGRAM)
@click.option(
    "--memory", metavar="SIZE", help="The guest's RAM, like 64M; default: what the image needs."
)
@click.option(
    "--timeout", metavar="S", help="End the run after this many seconds, with exit status 124."
)
@click.option("--dry-run", is_flag=True, help="Print the QEMU command instead.")
@click.option("--json", "as_json", is_flag=True, help="With --stats: one JSON object on stderr.")
@click.option(
    "--strace", is_flag=True, help="Show every system call and signal, as strace -f does."
)
@click.option(
    "-o",
    "--output",
    type=shared.File,
    metavar="FILE",
    help="With --strace: into FILE instead of stderr.",
)
@click.option("--gdb", is_flag=True, help="Wait for gdb-multiarch, and say how to start it.")
@click.option(
    "--gdb-port",
    type=click.IntRange(1, 65535),
    metavar="PORT",
    help="With --gdb: of 127.0.0.1; default: any that is free.",
)
@_packing
@click.argument("target")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(target: str, arguments: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401  click's
    """Run TARGET (a program or an image) with ARGS; the exit status is the program's.

    \b
    128+n: ended by signal n.  125: Hermipy failed.  124: --timeout was over.
    \b
    Examples:
      hermipy run ./hello world
      hermipy run --memory 256M --timeout 10 ./server --port 80
      hermipy run --stats ./hello
      hermipy run --strace -o calls.txt ./hello
      hermipy run --gdb ./hello
      echo 6*7 | hermipy run --arch aarch64 debian:busybox-static bc
    """  # noqa: D301
    from hermipy import run as runner
    from hermipy import session, settings

    memory, timeout = options["memory"], options["timeout"]
    if options["output"] and not options["strace"]:
        raise OptionError("-o is for --strace")
    if options["gdb_port"] and not options["gdb"]:
        raise OptionError("--gdb-port is for --gdb")
    what = session.prepare(_request(target, arguments, options))
    for note in what.notes:
        say(note)
    with _tracing(what.arch, options) as trace, _debugging(what, options) as gdb_port:
        how = runner.Options(
            memory_bytes=settings.size_bytes(memory) if memory else None,
            timeout_s=settings.seconds(timeout) if timeout else None,
            listeners=_listeners(what, trace),
            gdb_port=gdb_port,
        )
        if options["dry_run"]:
            return _dry_run(what, how)
        outcome = runner.run(what.arch, what.ready or what.write, how)
    return _conclude(what, outcome, stats=options["stats"], as_json=options["as_json"])


def _listeners(what: Runnable, trace: Callable[[bytes], str] | None) -> Listeners:
    from hermipy.relay import Listeners

    def where(text: str) -> list[str]:
        from hermipy import fault

        return fault.whereabouts(text, what)

    return Listeners(trace, where)


@contextlib.contextmanager
def _tracing(arch: str, options: dict[str, Any]) -> Iterator[Callable[[bytes], str] | None]:
    """What `--strace` does with the kernel's words: into the file, or back for stderr."""
    if not options["strace"] or options["dry_run"]:
        yield None
        return
    from hermipy.strace.lines import Lines

    path = options["output"]
    lines = Lines(arch, numbered=path is not None)
    if path is None:
        yield lines.feed
        with contextlib.suppress(OSError):
            sys.stderr.write(lines.end())
        return
    try:
        with path.open("w", errors="surrogateescape") as stream:
            yield lambda payload: stream.write(lines.feed(payload)) and ""
            stream.write(lines.end())
    except OSError as error:
        raise OutputError(path, error) from error


@contextlib.contextmanager
def _debugging(what: Runnable, options: dict[str, Any]) -> Iterator[int | None]:
    """With `--gdb`: a folder with gdb's script, as long as the run takes."""
    if not options["gdb"] or options["dry_run"]:
        yield None
        return
    import tempfile

    from hermipy import debugger

    with tempfile.TemporaryDirectory(prefix="hermipy-gdb.") as folder:
        session = debugger.prepare(what, options["gdb_port"], Path(folder))
        say(f"waiting for gdb on port {session.port}: {session.command}")
        yield session.port


def _dry_run(what: Runnable, how: Options) -> int:
    from hermipy import qemu
    from hermipy import run as runner

    path = what.store()
    memory = runner.memory_bytes(path.stat().st_size, how)
    show(shlex.join(qemu.bare_command(what.arch, str(path), memory)))
    return 0


def _conclude(what: Runnable, outcome: Outcome, *, stats: bool, as_json: bool) -> int:
    """Say what came to light during the run, and give its exit status."""
    if outcome.fault:
        from hermipy import fault

        for line in fault.report(outcome, what):
            say(line)
    if outcome.missing:
        from hermipy import table

        for number in outcome.missing:
            say(
                f"the program called {table.name_of(number, what.arch)}, which is not in this image"
            )
    if stats or as_json:
        from hermipy import report

        sys.stderr.write(report.statistics(outcome, what.arch, as_json=as_json))
    return OWN_FAILURE if outcome.exit_status is None else outcome.exit_status


@cli.command()
@click.argument("file", type=shared.File)
@shared.sysroot
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def scan(file: Path, sysroot: Path | None, *, as_json: bool) -> None:
    """Show every syscall site of FILE: its numbers, the evidence, and how it will be reached.

    A dynamic program's libraries follow, one a line.

    \b
    Example:
      hermipy scan --json ./hello | jq '.sites[].names'
    """  # noqa: D301
    from hermipy import report, stages

    facts = report.scan_facts(stages.rewrite_file(file))
    facts |= report.library_facts(file, facts["arch"], sysroot)
    show_json(facts) if as_json else show(report.scan_text(facts))


@cli.command()
@click.argument("file", type=shared.File)
@click.option(
    "-o", "--output", type=shared.File, required=True, metavar="OUT", help="The file to write."
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def rewrite(file: Path, output: Path, *, as_json: bool) -> None:
    """Write FILE with its syscall sites turned into direct calls.

    \b
    Example:
      hermipy rewrite ./hello -o hello.direct && hermipy verify ./hello hello.direct
    """  # noqa: D301
    from hermipy import cache, report, stages

    analysed = stages.rewrite_file(file)
    cache.refuse_overwriting(output, file)
    with cache.atomic_file(output, mode=0o755) as stream:
        stream.write(analysed.rewritten.data)
    facts = report.rewrite_facts(analysed)
    show_json(facts) if as_json else show(report.rewrite_text(facts))


@cli.command()
@click.argument("file", type=shared.File)
@click.argument("out", type=shared.File)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def verify(file: Path, out: Path, *, as_json: bool) -> None:
    """Check that OUT is a sound rewrite of FILE; exit status 0 only if it is.

    \b
    Example:
      hermipy verify ./hello hello.direct
    """  # noqa: D301
    from hermipy import stages

    checked = stages.verify_file(file, out)
    if as_json:
        show_json({"sound": True, "direct": checked.direct, "trap": checked.trap})
    else:
        show(f"sound: {checked.direct} sites are direct calls, {checked.trap} stay traps")


@cli.command()
@click.argument("image", type=shared.File)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def inspect(image: Path, *, as_json: bool) -> None:
    """Show what is linked into IMAGE and why: modules, syscalls, files.

    \b
    Example:
      hermipy inspect hello.img
    """  # noqa: D301
    from hermipy import inspection

    facts = inspection.facts(image)
    show_json(facts) if as_json else show(inspection.text(facts))


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def doctor(*, as_json: bool) -> int:
    """Show what is installed, what is missing, and how to get it.

    Exit status 0: programs can be packed and run; 125: something that this needs is missing.

    \b
    Example:
      hermipy doctor
    """  # noqa: D301
    from dataclasses import asdict

    from hermipy import doctor as examiner

    findings = examiner.examine()
    if as_json:
        show_json({"findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            show(finding.line)
    return 0 if all(finding.good or finding.optional for finding in findings) else OWN_FAILURE


cli.add_command(audit)
cli.add_command(why)

if __name__ == "__main__":
    main()
