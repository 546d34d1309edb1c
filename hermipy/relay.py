"""The relay between QEMU's console and our stdin, stdout and stderr: one loop around poll(2).

Nothing is ever lost and nothing grows without bound: while our stdout is full we do not read from
QEMU, and of our stdin we read only what the guest has asked for, so that a program which reads
nothing leaves it to whoever comes next. QEMU makes this hard in one
place: its virtio console drops what its pipe does not take at once. So the pipe is made to block
again after QEMU has set it not to (`_unblock_output`), and QEMU waits as any program would.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import stat
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hermipy import channel, terminal
from hermipy.channel import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_READ_BYTES = 65536
_PIPE_BYTES = 1 << 20
_ATOMIC_BYTES = 4096  # a pipe that poll(2) calls writable takes PIPE_BUF without blocking
_TAKE_BYTES = 1 << 16
_AGAIN_NS = 2_000_000_000
_BROKEN_PIPE_GRACE_NS = 500_000_000
_TERMINATE_GRACE_NS = 10_000_000_000
"""After SIGTERM: a program that is stopped never sees it. As long as docker stop waits."""
_WHERE_AT, _END_AT = 2, 3
"""Which ^C in a row asks where the threads are, and which ends the run."""
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_CTRL_C = b"\x03"
_ECHO = b"^C\r\n"  # what the terminal itself answers to it
_TIMEOUT_STATUS = 124
_NEVER = 1 << 63


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    exit_status: int | None = None
    """None: QEMU ended before the guest said how the program ended."""
    complaint: str = ""
    """QEMU's last words on stderr."""
    fault: str = ""
    stack: tuple[int, bytes] | None = None
    counts: tuple[channel.Count, ...] = ()
    peak_memory_bytes: int = 0
    memory_left_bytes: int = 0
    """In use when the program ended; counted with --stats only."""
    missing: list[int] = field(default_factory=list)

    def take(self, message: channel.Message) -> None:
        """Keep what a message says of the run; a newer kernel may say more than is known here."""
        payload = message.payload
        match message.kind:
            case Kind.EXIT:
                self.exit_status = channel.number(payload)
            case Kind.FAULT:
                self.fault += payload.decode(errors="replace")
            case Kind.FAULT_STACK:
                self.stack = (int.from_bytes(payload[:8], "little"), payload[8:])
            case Kind.STATS:
                self.counts += channel.counts(payload)
            case Kind.MEMORY:
                self.peak_memory_bytes = channel.number(payload)
            case Kind.MEMORY_LEFT:
                self.memory_left_bytes = channel.number(payload)
            case Kind.MISSING:
                self.missing.append(channel.number(payload))
            case _:
                pass


@dataclass(slots=True)
class Pipes:
    """Our ends of QEMU's stdin, stdout and stderr, and the descriptor that QEMU writes to."""

    to_guest: int
    from_guest: int
    complaints: int
    output: int


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who makes text out of what the kernel tells while the program runs."""

    trace: Callable[[bytes], str] | None = None
    """Of a system call; gives what is to go to stderr as it is."""
    where: Callable[[str], list[str]] | None = None
    """Of where the threads are; gives lines."""


class Relay:
    """Runs until the guest has ended, the time is over, or the user ends it."""

    def __init__(
        self,
        pipes: Pipes,
        *,
        timeout_ns: int | None,
        raw: bool,
        listeners: Listeners | None = None,
    ) -> None:
        self._pipes = pipes
        self._listeners = listeners or Listeners()
        self._where = ""
        self._raw = raw
        self._outcome = Outcome()
        self._decoder = channel.Decoder()
        self._to_guest = bytearray()
        self._stdin_room = 0
        self._out = {1: bytearray(), 2: bytearray()}
        self._open = {pipes.from_guest, pipes.complaints, 0}
        self._deadline_ns = time.monotonic_ns() + timeout_ns if timeout_ns else _NEVER
        self._deadline_status = _TIMEOUT_STATUS
        self._signalled_ns = -_AGAIN_NS
        self._interrupts = 0
        self._is_silent = True
        """The program has not written anything since the last ^C."""
        self._ended_here = False
        self._broken: set[int] = set()
        os.set_blocking(pipes.to_guest, False)
        if not _is_open(0):
            self._open.remove(0)
            self._send(channel.encode(Kind.STDIN_END))

    def run(self) -> Outcome:
        """The outcome; QEMU may still be alive."""
        with _signals(_FORWARDED) as wakeup:
            self._open.add(wakeup)
            while not self._done():
                self._step(wakeup)
        self._drain()
        return self._outcome

    def _done(self) -> bool:
        return self._outcome.exit_status is not None or self._pipes.from_guest not in self._open

    def _step(self, wakeup: int) -> None:
        now_ns = time.monotonic_ns()
        if now_ns >= self._deadline_ns:
            self._end(self._deadline_status)
            return
        for descriptor, events in self._poll(self._deadline_ns - now_ns):
            if descriptor in self._out:
                self._write(descriptor)
            elif descriptor == self._pipes.to_guest:
                self._write_guest()
            elif descriptor == self._pipes.from_guest:
                self._read_guest()
            elif descriptor == wakeup:
                for number in os.read(wakeup, _READ_BYTES):
                    self._signal(number)
            elif descriptor == self._pipes.complaints:
                self._read_complaint()
            elif events & ~select.POLLNVAL:
                self._read_input()

    def _poll(self, remaining_ns: int) -> list[tuple[int, int]]:
        """Wait for what can go on; a side that is full is not read from."""
        poll = select.poll()
        for descriptor, pending in self._out.items():
            if pending:
                poll.register(descriptor, select.POLLOUT)
        if self._to_guest:
            poll.register(self._pipes.to_guest, select.POLLOUT)
        for descriptor in self._open:
            if not self._is_held_back(descriptor):
                poll.register(descriptor, select.POLLIN)
        limit_ms = min(remaining_ns // 1_000_000 + 1, 1 << 30)
        if self._pipes.output >= 0:
            self._unblock_output(ended=False)
            limit_ms = min(limit_ms, 1)
        return poll.poll(limit_ms)

    def _is_held_back(self, descriptor: int) -> bool:
        if descriptor == self._pipes.from_guest:
            return any(len(pending) > _TAKE_BYTES for pending in self._out.values())
        # In raw mode ^C is a byte: it must get through to a program that never asks for input.
        return descriptor == 0 and (
            len(self._to_guest) > _TAKE_BYTES or not (self._raw or self._stdin_room)
        )

    def _unblock_output(self, *, ended: bool) -> None:
        """Undo O_NONBLOCK once QEMU has set it, then let go, so that we see QEMU's end."""
        if self._pipes.output < 0:
            return
        if not os.get_blocking(self._pipes.output) or ended:
            os.set_blocking(self._pipes.output, True)
            os.close(self._pipes.output)
            self._pipes.output = -1

    def _end(self, exit_status: int) -> None:
        """End the run from here: nobody waits for a reader any more."""
        self._outcome.exit_status = exit_status
        self._ended_here = True

    def _send(self, message: bytes) -> None:
        self._to_guest += message

    def _signal(self, number: int) -> None:
        if number == signal.SIGWINCH:
            self._send_window()
        else:
            self._interrupt(number)

    def _send_window(self) -> None:
        size = terminal.size((0, 1, 2))
        if size:
            self._send(channel.window(*size))

    def _interrupt(self, number: int) -> None:
        """Pass a signal on."""
        self._send(channel.signal(number))
        if number == signal.SIGINT:
            self._count_interrupt()
            return
        now_ns = time.monotonic_ns()
        if now_ns - self._signalled_ns < _AGAIN_NS:
            self._end(128 + number)
        self._signalled_ns = now_ns
        if number == signal.SIGTERM:
            self._end_within(_TERMINATE_GRACE_NS, 128 + number)

    def _count_interrupt(self) -> None:
        """^C in a row: the first is the program's, the second asks what it does, the third ends it.

        A program that writes lives. In raw mode that is enough; else it could write without end,
        and must have had some time.
        """
        now_ns = time.monotonic_ns()
        if not self._is_silent and (self._raw or now_ns - self._signalled_ns > _AGAIN_NS):
            self._interrupts = 0
        self._signalled_ns, self._is_silent = now_ns, True
        self._interrupts += 1
        if self._interrupts == _WHERE_AT:
            self._send(channel.encode(Kind.ASK_WHERE))
        elif self._interrupts >= _END_AT:
            self._end(128 + signal.SIGINT)

    def _end_within(self, grace_ns: int, exit_status: int) -> None:
        """The guest has so long to end by itself."""
        deadline_ns = time.monotonic_ns() + grace_ns
        if deadline_ns < self._deadline_ns:
            self._deadline_ns, self._deadline_status = deadline_ns, exit_status

    def _read_input(self) -> None:
        try:
            data = os.read(0, _READ_BYTES if self._raw else self._stdin_room)
        except OSError:
            data = b""
        self._stdin_room = max(0, self._stdin_room - len(data))
        if not data:
            self._open.discard(0)
            self._send(channel.encode(Kind.STDIN_END))
            return
        if self._raw and not data.strip(_CTRL_C):
            for _ in data:
                self._count_interrupt()
        self._send(channel.encode(Kind.STDIN, data))

    def _write_guest(self) -> None:
        try:
            written = os.write(self._pipes.to_guest, self._to_guest[:_READ_BYTES])
        except BlockingIOError:
            return
        except BrokenPipeError:
            written = len(self._to_guest)
            self._open.discard(0)
        del self._to_guest[:written]

    def _read_guest(self) -> None:
        data = os.read(self._pipes.from_guest, _READ_BYTES)
        if not data:
            self._open.discard(self._pipes.from_guest)
            return
        self._unblock_output(ended=True)
        for message in self._decoder.feed(data):
            self._take(message)

    def _read_complaint(self) -> None:
        data = os.read(self._pipes.complaints, _READ_BYTES)
        if not data:
            self._open.discard(self._pipes.complaints)
            self._unblock_output(ended=True)
        self._outcome.complaint = (self._outcome.complaint + data.decode(errors="replace"))[-4096:]

    def _take(self, message: channel.Message) -> None:
        payload = message.payload
        match message.kind:
            case Kind.STDOUT | Kind.STDERR:
                self._take_output(1 if message.kind == Kind.STDOUT else 2, payload)
            case Kind.LOG:
                self.log(payload.decode(errors="replace"))
            case Kind.STDIN_ROOM:
                self._stdin_room += channel.number(payload)
            case Kind.TRACE if self._listeners.trace is not None:
                self._say(self._listeners.trace(payload))
            case Kind.WHERE:
                self._take_where(payload.decode(errors="replace"))
            case _:
                self._outcome.take(message)

    def _take_where(self, text: str) -> None:
        self._where += text
        if not text and self._listeners.where is not None:
            for line in self._listeners.where(self._where):
                self.log(line)
        if not text:
            self._where = ""

    def _take_output(self, descriptor: int, data: bytes) -> None:
        if not self._raw or data.strip(_ECHO):
            self._is_silent = False
        self._print(descriptor, data)

    def log(self, line: str) -> None:
        """A line of ours."""
        self._say(f"hermipy: {line.rstrip()}\n")

    def _say(self, text: str) -> None:
        """Text of ours on stderr; a raw terminal wants carriage returns."""
        text = text.replace("\n", "\r\n") if self._raw else text
        self._print(2, text.encode(errors="replace"))

    def _print(self, descriptor: int, data: bytes) -> None:
        if descriptor not in self._broken:
            self._out[descriptor] += data

    def _write(self, descriptor: int) -> None:
        pending = self._out[descriptor]
        try:
            limit = len(pending) if _is_regular(descriptor) else _ATOMIC_BYTES
            del pending[: os.write(descriptor, pending[:limit])]
        except BlockingIOError:  # someone else made it so; poll(2) says when to go on
            return
        except OSError:
            self._break(descriptor)

    def _break(self, descriptor: int) -> None:
        """Nobody reads any more: the program gets SIGPIPE, and a little time."""
        self._broken.add(descriptor)
        self._out[descriptor].clear()
        self._send(channel.signal(signal.SIGPIPE))
        self._end_within(_BROKEN_PIPE_GRACE_NS, 128 + signal.SIGPIPE)

    def _drain(self) -> None:
        """Write out what is left, waiting for the reader as the program itself would have."""
        for descriptor, pending in self._out.items():
            while pending and _is_writable(descriptor, wait=not self._ended_here):
                self._write(descriptor)


@contextlib.contextmanager
def _signals(forwarded: tuple[signal.Signals, ...]) -> Iterator[int]:
    """A descriptor that gives the number of each signal that comes."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    numbers = (*forwarded, signal.SIGWINCH)
    before = {}
    for number in numbers:
        old = signal.getsignal(number)
        if old is not signal.SIG_IGN:  # nohup and background jobs stay as they are
            before[number] = signal.signal(number, lambda *_: None)
    wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, old in before.items():
            signal.signal(number, old)
        os.close(reading)
        os.close(writing)


def pipes() -> tuple[Pipes, tuple[int, int, int]]:
    """Fresh pipes: our ends, and QEMU's stdin, stdout and stderr."""
    guest_in, to_guest = os.pipe()
    from_guest, guest_out = os.pipe()
    complaints, guest_err = os.pipe()
    with contextlib.suppress(OSError):  # over the user's limit: the ordinary 64 KiB do
        fcntl.fcntl(guest_out, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    ours = Pipes(to_guest, from_guest, complaints, os.dup(guest_out))
    return ours, (guest_in, guest_out, guest_err)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _is_writable(descriptor: int, *, wait: bool) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(None if wait else 0))


def _is_regular(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)
