"""The relay against a program that speaks the guest's side of the channel in QEMU's place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HOST = """
import sys
from hermipy import qemu, relay, run
from hermipy.errors import HermipyError
relay._TERMINATE_GRACE_NS = 300_000_000
listeners = relay.Listeners(where=lambda text: text.split())
qemu.MACHINES["riscv64"] = qemu.Machine(sys.executable, (sys.argv[1],))
timeout = float(sys.argv[2]) if sys.argv[2:] else None
options = run.Options(timeout_s=timeout, listeners=listeners)
try:
    outcome = run.run("riscv64", lambda stream: stream.write(b"x"), options)
except HermipyError as error:
    sys.exit(f"own failure: {error}")
sys.exit(outcome.exit_status)
"""

GUEST = """
import os, struct, sys, time
# QEMU makes its console not block, and drops what does not fit.
os.set_blocking(1, False)
def send(kind, payload):
    data = struct.pack("<B3xI", kind, len(payload)) + payload
    while data:
        try:
            data = data[os.write(1, data):]
        except BlockingIOError:
            os.write(2, b"dropped output\\n")
            os._exit(9)
def out(data): send(1, data)
def leave(status):
    send(4, struct.pack("<i", status))
    time.sleep(60)
def room(size): send(10, struct.pack("<I", size))
def messages():
    pending = b""
    while data := os.read(0, 65536):
        pending += data
        while len(pending) >= 8:
            kind, size = struct.unpack_from("<B3xI", pending)
            if len(pending) < 8 + size:
                break
            yield kind, pending[8:8 + size]
            pending = pending[8 + size:]
"""


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    host = tmp_path / "host.py"
    host.write_text(HOST)
    return [sys.executable, str(host), str(tmp_path / "guest.py")]


def guest(command: list[str], body: str) -> list[str]:
    Path(command[2]).write_text(GUEST + body)
    return command


def run(
    command: list[str], *more: str, stdin: bytes = b"", timeout_s: float = 30
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*command, *more], input=stdin, capture_output=True, timeout=timeout_s, check=False
    )


def test_output_and_errors_go_to_their_own_streams(command: list[str]) -> None:
    done = run(guest(command, 'out(b"to out\\n"); send(2, b"to err\\n"); leave(42)'))
    assert (done.stdout, done.stderr, done.returncode) == (b"to out\n", b"to err\n", 42)


def test_a_line_of_the_kernel_goes_to_stderr_with_our_name(command: list[str]) -> None:
    done = run(guest(command, 'send(3, b"something"); leave(0)'))
    assert done.stderr == b"hermipy: something\n"


def test_stdin_arrives_whole_and_ends(command: list[str]) -> None:
    body = """
room(1000)
for kind, payload in messages():
    if kind == 32:
        out(payload)
        room(len(payload))
    if kind == 33:
        leave(0)
"""
    data = os.urandom(300_000)
    done = run(guest(command, body), stdin=data)
    assert done.stdout == data


def test_stdin_that_the_program_does_not_want_stays_for_the_next(
    command: list[str], tmp_path: Path
) -> None:
    body = """
room(3)
for kind, payload in messages():
    out(payload)
    leave(0)
"""
    text = tmp_path / "text"
    text.write_bytes(b"abcdef")
    script = f"{' '.join(guest(command, body))}; cat"
    with text.open("rb") as stdin:
        done = subprocess.run(["sh", "-c", script], stdin=stdin, capture_output=True, check=False)
    assert done.stdout == b"abcdef"


def test_nothing_is_lost_when_the_reader_is_slow(command: list[str]) -> None:
    body = """
time.sleep(0.1)
for i in range(200):
    out(b"x" * 65536)
leave(5)
"""
    script = f"{' '.join(guest(command, body))} | (sleep 1; wc -c)"
    done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=30, check=False)
    assert int(done.stdout) == 200 * 65536
    assert done.stderr == b""


def test_a_reader_that_leaves_ends_the_program_with_sigpipe(command: list[str]) -> None:
    body = """
import select
while not select.select([0], [], [], 0)[0]:
    out(b"y" * 1000)
for kind, payload in messages():
    if kind == 35:
        leave(128 + payload[0])
"""
    script = f"({' '.join(guest(command, body))}; echo $? >&2) | head -c 10"
    done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=30, check=False)
    assert done.stderr == b"141\n"


def test_a_program_that_ignores_a_broken_pipe_is_ended(command: list[str]) -> None:
    body = 'while True: out(b"y" * 1000)'
    script = f"({' '.join(guest(command, body))}; echo $? >&2) | head -c 10"
    done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=30, check=False)
    assert done.stderr == b"141\n"


def test_the_time_limit_ends_the_run_with_124(command: list[str]) -> None:
    done = run(guest(command, "time.sleep(600)"), "0.3")
    assert done.returncode == 124


def test_qemu_that_fails_is_our_failure_in_its_own_words(command: list[str]) -> None:
    done = run(guest(command, 'sys.exit("no such machine")'))
    assert (done.returncode, done.stderr) == (1, b"own failure: no such machine\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_program(command: list[str], number: signal.Signals) -> None:
    body = """
out(b"ready")
for kind, payload in messages():
    if kind == 35:
        leave(100 + payload[0])
"""
    with subprocess.Popen(
        guest(command, body), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.read(5)
        child.send_signal(number)
        assert child.wait(10) == 100 + number


def test_the_second_interrupt_asks_where_the_threads_are_and_the_third_ends_the_run(
    command: list[str],
) -> None:
    body = """
out(b"ready")
for kind, payload in messages():
    if kind == 35:
        send(3, b"interrupted")
    if kind == 36:
        send(13, b"here and there")
        send(13, b"")
"""
    with subprocess.Popen(
        guest(command, body),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.read(5)
        child.send_signal(signal.SIGINT)
        assert child.stderr.readline() == b"hermipy: interrupted\n"
        child.send_signal(signal.SIGINT)
        told = [child.stderr.readline() for _ in range(4)]
        assert told == [
            *(b"hermipy: interrupted\n", b"hermipy: here\n"),
            *(b"hermipy: and\n", b"hermipy: there\n"),
        ]
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 130


def test_a_program_that_does_not_end_after_sigterm_is_ended(command: list[str]) -> None:
    with subprocess.Popen(
        guest(command, 'out(b"ready"); time.sleep(60)'),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        child.stdout.read(5)
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 143


def test_qemu_dies_with_us(command: list[str], tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    body = f'open({str(pid_file)!r}, "w").write(str(os.getpid())); out(b"ready"); time.sleep(60)'
    with subprocess.Popen(
        guest(command, body), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.read(5)
        child.kill()
        child.wait()
    pid = int(pid_file.read_text())
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the guest outlived its host")
