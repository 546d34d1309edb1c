"""Debian's busybox before a terminal: what the user sees is what qemu-user's user sees.

Both get the same keys. busybox asks where the cursor is (CSI 6n) when it waits for a line: that is
when the next key comes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pexpect
import pytest

from hermipy import debian
from tests.qemu.runs import ENVIRONMENT, MODES

pytestmark = pytest.mark.qemu

HERMIPY = str(Path(sys.executable).with_name("hermipy"))
HOME = "/nowhere"  # without a history of earlier shells
READY = "/ # \x1b[6n"
UP, DOWN, LEFT, HOME_KEY = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[H"
CONTROL_C, CONTROL_D, CONTROL_U, CONTROL_W, ERASE = "\x03", "\x04", "\x15", "\x17", "\x7f"
RUNNING = "\r\nrunning\r\n"

Keys = tuple[tuple[str, str], ...]
# Keys, and what to wait for before the next.
LINES = (
    ("echo hello\r", READY),
    (f"echo abX{ERASE}c\r", READY),
    (f"this goes away{CONTROL_U}echo clean\r", READY),
    (f"echo one two{CONTROL_W}three\r", READY),
    (f"{UP}{UP}{UP}{DOWN}\r", READY),
    (f"cho wrld{LEFT}{LEFT}{LEFT}o{HOME_KEY}e\r", READY),
    ("echo 'unfinished\\rquote'; echo $?\r", READY),
    ('read line; echo "<$line>"\r', "\r\n"),
    (f"cooked{ERASE}{ERASE}ies\r", READY),
    ('while read l; do echo "<$l>"; done\r', "\r\n"),
    ("one\r", "<one>\r\n"),
    (CONTROL_D, READY),
)
INTERRUPTS = (
    (f"half a line{CONTROL_C}", READY),
    ("echo $?\r", READY),
    ("echo running; while :; do :; done\r", RUNNING),
    (CONTROL_C, READY),
    ("echo $?\r", READY),
    ("echo running; read x\r", RUNNING),
    (CONTROL_C, READY),
    ("echo $?\r", READY),
    ("trap 'echo caught; stop=1' INT; echo running; while test -z $stop; do :; done\r", RUNNING),
    (CONTROL_C, READY),
    ("echo $?; trap - INT; kill -INT $$; echo $?\r", READY),
)


def in_image(arch: str, mode: str, *command: str) -> pexpect.spawn[str]:
    """A command of busybox in an image, before a terminal of 33 lines."""
    options = ["run", "--syscalls", mode, "--arch", arch, "--env", f"HOME={HOME}"]
    return spawn([HERMIPY, *options, "debian:busybox-static", *command])


def under_qemu_user(arch: str, *command: str) -> pexpect.spawn[str]:
    """The same under qemu-user."""
    program = debian.fetch("busybox-static", arch).source
    setting = [f"{key}={value}" for key, value in {**ENVIRONMENT, "HOME": HOME}.items()]
    return spawn(["env", "-i", "TERM=xterm", *setting, f"qemu-{arch}", str(program), *command])


def spawn(command: list[str]) -> pexpect.spawn[str]:
    arguments = ["TERM=xterm", *command]
    return pexpect.spawn(
        "env", arguments, timeout=60, encoding="utf-8", dimensions=(33, 99), cwd="/"
    )


def transcript(child: pexpect.spawn[str], first: str, keys: Keys) -> str:
    """All that the terminal shows until the end, and the exit status."""
    seen = ""
    for typed, awaited in (("", first), *keys, ("", pexpect.EOF)):
        # busybox loses an interrupt that comes just before it reads; nothing tells when it does.
        child.delaybeforesend = 0.5 if typed == CONTROL_C else None
        child.send(typed)
        child.expect_exact(awaited)
        seen += f"{child.before}{awaited}"
    child.close()
    status = child.exitstatus if child.signalstatus is None else 128 + child.signalstatus
    return f"{seen}\nstatus {status}"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("keys", [LINES, INTERRUPTS], ids=["lines", "interrupts"])
def test_a_shell_shows_what_it_shows_under_qemu_user(arch: str, mode: str, keys: Keys) -> None:
    session = (*keys, ("exit 3\r", "exit 3\r\n"))
    expected = transcript(under_qemu_user(arch, "sh"), READY, session)
    assert transcript(in_image(arch, mode, "sh"), READY, session) == expected
    assert expected.endswith("status 3")


@pytest.mark.parametrize("mode", MODES)
def test_the_end_of_input_ends_the_shell(arch: str, mode: str) -> None:
    keys = (("false\r", READY), (CONTROL_D, "\r\n"))
    expected = transcript(under_qemu_user(arch, "sh"), READY, keys)
    assert transcript(in_image(arch, mode, "sh"), READY, keys) == expected


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "command",
    [
        ["tail", "-f", "-n", "0", "/etc/group", "/etc/passwd"],
        ["awk", 'BEGIN { print "running"; fflush(); while (1); }'],
        ["sh", "-c", "echo running; while :; do :; done"],
        ["sh", "-c", "echo running; read x"],
    ],
    ids=["sleeping", "computing", "shell", "reading"],
)
def test_control_c_ends_a_program(arch: str, mode: str, command: list[str]) -> None:
    keys = ((CONTROL_C, "^C"),)
    started = "==> /etc/passwd <==\r\n" if command[0] == "tail" else "running"
    expected = transcript(under_qemu_user(arch, *command), started, keys)
    assert transcript(in_image(arch, mode, *command), started, keys) == expected
    assert expected.endswith("status 130")


@pytest.mark.parametrize("command", [["stty", "size"], ["stty", "-a"], ["ttysize"]], ids=" ".join)
def test_the_terminal_is_described_as_it_is(arch: str, command: list[str]) -> None:
    expected = transcript(under_qemu_user(arch, *command), "", ())
    assert transcript(in_image(arch, "direct", *command), "", ()) == expected


def test_the_terminal_has_a_name(arch: str) -> None:
    shown = transcript(in_image(arch, "direct", "tty"), "", ())
    assert shown.startswith("/dev/console\r\n")


def test_the_terminal_is_put_back(arch: str) -> None:
    line = f"{HERMIPY} run --arch {arch} debian:busybox-static sh -c 'stty -echo raw 2>&1; read x'"
    child = spawn(["sh", "-c", f"a=$(stty -g); {line}; test $a = $(stty -g) && echo the same"])
    child.send("x\r")
    child.expect_exact("the same")
    child.close()
