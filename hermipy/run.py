"""Run: one QEMU process per run, always reaped, and a program that seems to run here.

An image that is made for this run reaches QEMU through a memory file that no one else sees, so
nothing is left on the disk however the run ends. The kernel ends QEMU with us even when we are
killed (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import process, qemu, relay, terminal
from hermipy.errors import InputError, OptionError, QemuError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from hermipy.relay import Listeners, Outcome

_POWER_OFF_S = 2
_MIN_FREE_BYTES = 8 * qemu.MIB


@dataclass(frozen=True, slots=True)
class Options:
    """How to run, whatever is run."""

    memory_bytes: int | None = None
    timeout_s: float | None = None
    listeners: Listeners | None = None
    gdb_port: int | None = None
    """Where QEMU waits for gdb before anything runs."""


def run(arch: str, source: Path | Callable[[BinaryIO], None], options: Options) -> Outcome:
    """Boot an image, or what is written by `source`.

    Raises QemuError when QEMU ends before the program does.
    """
    process.find(qemu.MACHINES[arch].program)
    image = _opened(source) if isinstance(source, Path) else _in_memory(source)
    try:
        image_bytes = os.fstat(image).st_size
        command = qemu.command(
            arch, f"/proc/self/fd/{image}", memory_bytes(image_bytes, options), boot_arguments()
        )
        if options.gdb_port is not None:
            command += qemu.waiting_for_gdb(options.gdb_port)
        outcome = _relay(command, image, options)
    finally:
        os.close(image)
    if outcome.exit_status is None:
        raise QemuError(outcome.complaint.splitlines()[-1])
    return outcome


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise InputError(path, error) from error


def _in_memory(write: Callable[[BinaryIO], None]) -> int:
    memory = os.memfd_create("hermipy-image")
    try:
        with os.fdopen(os.dup(memory), "w+b") as stream:
            write(stream)
    except BaseException:
        os.close(memory)
        raise
    return memory


def memory_bytes(image_bytes: int, options: Options) -> int:
    """The guest's RAM; raises OptionError when --memory cannot hold the image."""
    if options.memory_bytes is None:
        return qemu.memory_for(image_bytes)
    least = image_bytes + _MIN_FREE_BYTES
    if options.memory_bytes < least:
        raise OptionError(f"--memory: this image needs at least {-(-least // qemu.MIB)}M")
    return options.memory_bytes


def boot_arguments() -> dict[str, str]:
    """What the kernel is told about our side (kernel/include/boot.h)."""
    arguments = {"channel": "1"}
    terminals = terminal.terminals()
    if terminals:
        arguments["tty"] = ",".join(map(str, terminals))
        size = terminal.size(terminals)
        if size:
            arguments |= {"rows": str(size[0]), "cols": str(size[1])}
    return arguments


def _relay(command: list[str], image: int, options: Options) -> Outcome:
    pipes, guest_ends = relay.pipes()
    stdin, stdout, stderr = guest_ends
    try:
        child = process.spawn(command, stdin=stdin, stdout=stdout, stderr=stderr, inherit=(image,))
    finally:
        for descriptor in guest_ends:
            os.close(descriptor)
    timeout_ns = int(options.timeout_s * 1e9) if options.timeout_s else None
    try:
        with terminal.raw(0) as raw:
            outcome = relay.Relay(
                pipes, timeout_ns=timeout_ns, raw=raw, listeners=options.listeners
            ).run()
        if outcome.exit_status is None:
            ending = process.ending(child, _POWER_OFF_S)
            outcome.complaint = (
                outcome.complaint.strip() or f"QEMU ended {ending}, before the program did"
            )
    finally:
        child.kill()
        child.wait()
        for descriptor in (pipes.to_guest, pipes.from_guest, pipes.complaints, pipes.output):
            if descriptor >= 0:
                os.close(descriptor)
    return outcome
