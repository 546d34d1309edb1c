"""Traces as strace, qemu-user and `run --strace` write them, against a program's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hermipy.audit import observed
from hermipy.errors import InputError, TraceError

if TYPE_CHECKING:
    from pathlib import Path


def crossed(trace: str, tmp_path: Path, *predicted: str, **more: object) -> dict[str, Any]:
    file = tmp_path / "trace"
    file.write_text(trace)
    row = {
        "path": "debian:hello:/usr/bin/hello",
        "arch": "riscv64",
        "syscalls": list(predicted),
        "unresolved": [],
        "missing_libraries": [],
    }
    return observed.cross(row | more, file)


def seen(trace: str, tmp_path: Path) -> list[str]:
    found: list[str] = crossed(trace, tmp_path)["seen_not_predicted"]
    return found


PLAIN = """\
execve("/usr/bin/hello", ["hello"], 0x7ffd8a3c7a90 /* 20 vars */) = 0
brk(NULL)                               = 0x2a9d000
write(1, "read(3, ...\\n", 12)          = 12
exit_group(0)                           = ?
+++ exited with 0 +++
"""


def test_the_three_lists(tmp_path: Path) -> None:
    found = crossed(PLAIN, tmp_path, "brk", "write", "read")
    assert found["seen_and_predicted"] == ["write", "brk"]
    assert found["seen_not_predicted"] == ["exit_group"]
    assert found["predicted_not_seen"] == ["read"]


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "1234  ",
        "[pid  1234] ",
        "12:34:56 ",
        "12:34:56.123456 ",
        "1234  1700000000.123456 ",
        "[pid 1234] 12:34:56 ",
        "     0.000123 ",
        "(+     0.000123) ",
        "[ 214] ",
        "[00007f12a3b4c5d6] ",
        "1234 12:34:56 [  64] [00007f12a3b4c5d6] ",
    ],
)
def test_whatever_strace_puts_before_a_call(prefix: str, tmp_path: Path) -> None:
    trace = "".join(f"{prefix}{line}\n" for line in PLAIN.splitlines())
    assert seen(trace, tmp_path) == ["write", "exit_group", "brk"]


def test_a_call_in_two_parts_counts_once_it_began_or_ended(tmp_path: Path) -> None:
    trace = """\
10 read(0,  <unfinished ...>
11 <... futex resumed>)    = 0
10 <... read resumed>"", 1) = 0
"""
    assert seen(trace, tmp_path) == ["read", "futex"]


def test_qemu_users_lines(tmp_path: Path) -> None:
    trace = """\
12345 brk(NULL) = 0x0000000000021000
12345 fstatat64(AT_FDCWD,"/etc/passwd",0x00007f,0) = 0
12345 Unknown syscall 441
12345 futex(0x1,0,1,NULL)12346 write(1,")7 read(",7) = 7
 = 0
12345 exit_group(0)
"""
    assert seen(trace, tmp_path) == [
        *("write", "newfstatat", "exit_group", "futex", "brk", "epoll_pwait2")
    ]


def test_a_call_by_number_has_its_name(tmp_path: Path) -> None:
    trace = "syscall_0x40(1, 2, 3) = 0\nsyscall_0x999(0) = -1\n"
    assert seen(trace, tmp_path) == ["write", "syscall_2457"]


def test_what_another_program_does_is_left_out(tmp_path: Path) -> None:
    trace = """\
10 execve("/usr/bin/hello", ["hello"], 0x7f /* 20 vars */) = 0
10 clone(child_stack=NULL, flags=SIGCHLD) = 11
11 setsid() = 11
11 execve("/bin/date", ["date"], 0x7f /* 20 vars */) = 0
11 uname({...}) = 0
11 clone(child_stack=NULL, flags=SIGCHLD) = 12
12 getpid() = 12
10 wait4(-1, NULL, 0, NULL) = 11
"""
    found = crossed(trace, tmp_path)
    assert found["seen_not_predicted"] == ["setsid", "clone", "execve", "wait4"]
    assert found["calls_of_other_programs"] == 3


def test_an_execve_that_fails_changes_nothing(tmp_path: Path) -> None:
    trace = """\
10 brk(NULL) = 0
10 execve("/bin/date", ["date"], 0x7f) = -1 ENOENT (No such file or directory)
10 uname({...}) = 0
"""
    assert seen(trace, tmp_path) == ["uname", "brk", "execve"]


def test_a_program_that_executes_itself_stays_itself(tmp_path: Path) -> None:
    trace = """\
execve("/usr/bin/hello", ["hello"], 0x7f /* 20 vars */) = 0
execve("/usr/bin/hello", ["hello", "again"], 0x7f /* 20 vars */) = 0
uname({...}) = 0
"""
    assert seen(trace, tmp_path) == ["uname", "execve"]


def test_qemu_shows_no_result_of_an_execve_that_succeeded(tmp_path: Path) -> None:
    trace = """\
10 execve("/bin/date",{"date",NULL})
10 brk(NULL) = 0
"""
    found = crossed("10 getpid() = 10\n" + trace, tmp_path)
    assert found["seen_not_predicted"] == ["getpid", "execve"]


def test_where_any_call_is_predicted_nothing_is_a_bug(tmp_path: Path) -> None:
    site = {"object": "/hello", "address": 16, "reason": "loaded"}
    found = crossed(PLAIN, tmp_path, "brk", unresolved=[site])
    assert found["seen_not_predicted"] == []
    assert found["seen_where_any_is_predicted"] == ["write", "exit_group"]


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="holds no system call"):
        crossed("hello(world)\n", tmp_path)
    with pytest.raises(InputError):
        observed.cross({"arch": "riscv64", "path": "x", "syscalls": []}, tmp_path / "absent")
