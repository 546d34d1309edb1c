"""Run: one QEMU process per run, always reaped, and a program that seems to run here.

The image reaches QEMU through a memory file that no one else sees, so nothing is left on the disk
however the run ends. The kernel ends QEMU with us even when we are killed (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy import process, qemu, relay, terminal
from hermipy.errors import OptionError, QemuError

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


def run(arch: str, write_image: Callable[[BinaryIO], None], options: Options) -> Outcome:
    """Boot what `write_image` writes; raises QemuError when QEMU ends before the program does."""
    process.find(qemu.MACHINES[arch].program)
    memory = os.memfd_create("hermipy-image")
    try:
        with os.fdopen(os.dup(memory), "w+b") as stream:
            write_image(stream)
        image_bytes = os.fstat(memory).st_size
        command = qemu.command(
            arch, f"/proc/self/fd/{memory}", memory_bytes(image_bytes, options), boot_arguments()
        )
        if options.gdb_port is not None:
            command += qemu.waiting_for_gdb(options.gdb_port)
        outcome = _relay(command, memory, options)
    finally:
        os.close(memory)
    if outcome.exit_status is None:
        raise QemuError(outcome.complaint.splitlines()[-1])
    return outcome


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


def _relay(command: list[str], memory: int, options: Options) -> Outcome:
    pipes, guest_ends = relay.pipes()
    stdin, stdout, stderr = guest_ends
    try:
        child = process.spawn(command, stdin=stdin, stdout=stdout, stderr=stderr, inherit=(memory,))
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
