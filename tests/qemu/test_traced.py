"""`run --strace`: the program's own streams stay as they are; its calls are told as strace does."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.command import HERMIPY, own_failure
from tests.command import hermipy as command

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.qemu

SOURCE = r"""
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void handler(int signo) { (void)signo; }

static void *other(void *argument) {
    (void)argument;
    close(77);
    return NULL;
}

int main(void) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    struct stat info;
    stat("/no such file", &info);
    stat("/dev/null", &info);
    int fd = open("/tmp/file", O_RDWR | O_CREAT, 0600);
    struct iovec parts[] = {{"one", 3}, {"t\0o\n", 4}};
    writev(fd, parts, 2);
    char back[10];
    lseek(fd, 0, SEEK_SET);
    read(fd, back, sizeof back);
    pthread_t thread;
    pthread_create(&thread, NULL, other, NULL);
    pthread_join(thread, NULL);
    write(1, "out\n", 4);
    abort();
}
"""
# The main thread's, in this order; others may stand between them.
EXPECTED = (
    (
        r"rt_sigaction\(SIGUSR1, \{sa_handler=0x\w+, sa_mask=\[\], "
        r"sa_flags=SA_RESTART\}, NULL, 8\) = 0"
    ),
    r"tgkill\(1, 1, SIGUSR1\) += 0",
    r"--- SIGUSR1 \{si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=1, si_uid=0\} ---",
    r'newfstatat\(AT_FDCWD, "/no such file", 0x\w+, 0\) = -1 ENOENT \(No such file or directory\)',
    (
        r'newfstatat\(AT_FDCWD, "/dev/null", \{st_mode=S_IFCHR\|0666, '
        r"st_rdev=makedev\(0x1, 0x3\), \.\.\.\}, 0\) = 0"
    ),
    r'openat\(AT_FDCWD, "/tmp/file", O_RDWR\|O_CREAT, 0600\) = 3',
    r'writev\(3, \[\{iov_base="one", iov_len=3\}, \{iov_base="t\\0o\\n", iov_len=4\}\], 2\) = 7',
    r"lseek\(3, 0, SEEK_SET\) += 0",
    r'read\(3, "onet\\0o\\n", 10\) += 7',
    (  # glibc 2.41 takes the newer call
        r"(clone\(child_stack=0x\w+, flags=CLONE_VM\|.*, parent_tid=\[2\], tls=0x\w+, "
        r"child_tidptr=0x\w+\)|clone3\(\{flags=CLONE_VM\|.*, tls=0x\w+\}, 88\)) = 2"
    ),
    r'write\(1, "out\\n", 4\) += 4',
    r"--- SIGABRT \{si_signo=SIGABRT, si_code=SI_TKILL, si_pid=1, si_uid=0\} ---",
    r"\+\+\+ killed by SIGABRT \+\+\+",
)


@pytest.fixture
def program(arch: str, tmp_path: Path) -> Path:
    source, out = tmp_path / "program.c", tmp_path / "program"
    source.write_text(SOURCE)
    gcc = [f"{arch}-linux-gnu-gcc", "-O1", "-w", "-static", "-pthread", "-o", str(out), str(source)]
    subprocess.run(gcc, check=True)
    return out


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HERMIPY, "run", "--strace", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("mode", ["direct", "trap"])
def test_calls_and_signals_are_shown_in_their_order(
    program: Path, tmp_path: Path, mode: str
) -> None:
    told = tmp_path / "told"
    done = run("-o", told, "--syscalls", mode, program)
    assert (done.stdout, done.returncode) == ("out\n", 134)
    lines = told.read_text().splitlines()
    main = iter([line[6:] for line in lines if line.startswith("1     ")])
    for pattern in EXPECTED:
        assert any(re.fullmatch(pattern, line) for line in main), f"{pattern} in {lines}"
    assert "2     close(77)                         = -1 EBADF (Bad file descriptor)" in lines
    assert "2     +++ exited with 0 +++" in lines


def test_it_goes_to_stderr_and_together_with_statistics(program: Path) -> None:
    done = run("--stats", "--json", program)
    assert done.stdout == "out\n"
    assert "[pid     2] close(77)" in done.stderr
    calls = json.loads(done.stderr.splitlines()[-1])["calls"]
    assert calls["close"]["errors"] == 1


def test_an_output_file_is_for_strace_only(program: Path, tmp_path: Path) -> None:
    assert "-o is for --strace" in own_failure(command("run", "-o", tmp_path / "x", program))


def test_an_output_file_that_cannot_be_written_is_our_failure(program: Path) -> None:
    line = own_failure(command("run", "--strace", "-o", "/nonexistent/x", program))
    assert "/nonexistent/x" in line
