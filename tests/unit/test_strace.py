"""The lines of `run --strace`, from events as the kernel sends them, against strace 6.1's."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest

from hermipy import table
from hermipy.strace import calls, text
from hermipy.strace.events import What
from hermipy.strace.lines import Lines

MINUS = (1 << 64) - 1
AT_FDCWD = -100 & MINUS


def event(
    what: What,
    call: str | int,
    *arguments: int,
    result: int = 0,
    memory: dict[int, bytes] | None = None,
    tid: int = 1,
) -> bytes:
    """struct channel_trace and its pieces."""
    number = table.by_name()[call].number if isinstance(call, str) else call
    padded = (*arguments, *(0,) * (6 - len(arguments)))
    head = struct.pack("<IiQq6Q", what, tid, number, result, *padded)
    pieces = (
        struct.pack("<QQ", address, len(data)) + data for address, data in (memory or {}).items()
    )
    return head + b"".join(pieces)


@dataclass(frozen=True)
class Case:
    """A call: its arguments and result, what lies in memory before and after, and its line."""

    line: str
    call: str
    arguments: tuple[int, ...]
    result: int = 0
    before: tuple[tuple[int, bytes], ...] = ()
    after: tuple[tuple[int, bytes], ...] = ()


STAT = struct.pack("<QQIIIIQQqiiq", 1, 2, 0o100644, 1, 0, 0, 0, 0, 123, 4096, 0, 8) + bytes(56)
DEVICE = struct.pack("<QQIIIIQQqiiq", 1, 2, 0o20666, 1, 0, 0, 0x103, 0, 0, 0, 0, 0) + bytes(56)
ACTION = struct.pack("<QQQQ", 0x1234, 0x14000004, 0x5678, 1 << 1)
CASES = [
    Case('openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3', "openat",
         (AT_FDCWD, 0x100, 0o2000000), 3, ((0x100, b"/etc/hosts\0"),)),
    Case('openat(AT_FDCWD, "/tmp/x", O_RDWR|O_CREAT|O_TRUNC, 0640) = -1 EACCES (Permission denied)',
         "openat", (AT_FDCWD, 0x100, 0o1102, 0o640), -13, ((0x100, b"/tmp/x\0"),)),
    Case('read(3, "\\177ELF\\0\\0021", 832)          = 7', "read", (3, 0x100, 832), 7,
         after=((0x100, b"\x7fELF\0\x021"),)),
    Case("read(3, 0x100, 10)                      = -1 EAGAIN (Resource temporarily unavailable)",
         "read", (3, 0x100, 10), -11),
    Case('read(0, "", 10)                         = 0', "read", (0, 0x100, 10)),
    Case(f'write(1, "{"x" * 32}"..., 40) = 40', "write", (1, 0x100, 40), 40,
         ((0x100, b"x" * 33),)),
    Case('writev(4, [{iov_base="hello", iov_len=5}, {iov_base="a\\0b\\33x", iov_len=5}], 2) = 10',
         "writev", (4, 0x100, 2), 10,
         ((0x100, struct.pack("<4Q", 0x200, 5, 0x300, 5)), (0x200, b"hello"),
          (0x300, b"a\0b\x1bx"))),
    Case('readv(3, [{iov_base="hel", iov_len=3}, {iov_base="lo", iov_len=50}], 2) = 5',
         "readv", (3, 0x100, 2), 5,
         after=((0x100, struct.pack("<4Q", 0x200, 3, 0x300, 50)), (0x200, b"hel"),
                (0x300, b"lo"))),
    Case("brk(NULL)                               = 0x5000", "brk", (0,), 0x5000),
    Case("mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7000",
         "mmap", (0, 8192, 3, 0x22, MINUS, 0), 0x7000),
    Case("shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600) = 1", "shmget", (0, 4096, 0o1600), 1),
    Case("shmat(1, NULL, SHM_RDONLY)              = 0x7000", "shmat", (1, 0, 0o10000), 0x7000),
    Case("shmctl(1, IPC_RMID, NULL)               = 0", "shmctl", (1, 0, 0)),
    Case('newfstatat(3, "", {st_mode=S_IFREG|0644, st_size=123, ...}, AT_EMPTY_PATH) = 0',
         "newfstatat", (3, 0x100, 0x200, 0x1000), 0, ((0x100, b"\0"),), ((0x200, STAT),)),
    Case("fstat(1, {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}) = 0",
         "fstat", (1, 0x200), 0, (), ((0x200, DEVICE),)),
    Case("rt_sigaction(SIGUSR1, {sa_handler=0x1234, sa_mask=[INT], sa_flags=SA_RESTORER|SA_RESTART|"
         "SA_SIGINFO, sa_restorer=0x5678}, NULL, 8) = 0",
         "rt_sigaction", (10, 0x100, 0, 8), 0, ((0x100, ACTION),)),
    Case("rt_sigprocmask(SIG_BLOCK, ~[RTMIN RT_1], [], 8) = 0",
         "rt_sigprocmask", (0, 0x100, 0x200, 8), 0,
         ((0x100, struct.pack("<Q", MINUS & ~(3 << 31))),), ((0x200, bytes(8)),)),
    Case("nanosleep({tv_sec=1, tv_nsec=5}, 0x200) = 0", "nanosleep", (0x100, 0x200), 0,
         ((0x100, struct.pack("<qq", 1, 5)),), ((0x200, bytes(16)),)),
    Case("nanosleep({tv_sec=1, tv_nsec=5}, {tv_sec=0, tv_nsec=7}) = ? ERESTART_RESTARTBLOCK "
         "(Interrupted by signal)", "nanosleep", (0x100, 0x200), -516,
         ((0x100, struct.pack("<qq", 1, 5)),), ((0x200, struct.pack("<qq", 0, 7)),)),
    Case("ppoll([{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}], 2, NULL, NULL, 8) = 1 "
         "([{fd=4, revents=POLLOUT}])", "ppoll", (0x100, 2, 0, 0, 8), 1,
         ((0x100, struct.pack("<ihhihh", 3, 1, 0, 4, 4, 0)),),
         ((0x100, struct.pack("<ihhihh", 3, 1, 0, 4, 4, 4)),)),
    Case("epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, data={u32=7, u64=7}}) = 0",
         "epoll_ctl", (5, 1, 4, 0x100), 0, ((0x100, struct.pack("<I4xQ", 0x80000001, 7)),)),
    Case("pipe2([3, 4], O_NONBLOCK|O_CLOEXEC)     = 0", "pipe2", (0x100, 0o2004000), 0, (),
         ((0x100, struct.pack("<ii", 3, 4)),)),
    Case("futex(0x100, FUTEX_WAIT_PRIVATE, 2, NULL) = -1 EAGAIN (Resource temporarily unavailable)",
         "futex", (0x100, 128, 2, 0), -11),
    Case("futex(0x100, FUTEX_WAKE_PRIVATE, 2147483647) = 1", "futex", (0x100, 129, 2147483647), 1),
    Case("fcntl(3, F_GETFL)                       = 0x800 (flags O_RDONLY|O_NONBLOCK)",
         "fcntl", (3, 3, 0), 0x800),
    Case("fcntl(3, F_SETFD, FD_CLOEXEC)           = 0", "fcntl", (3, 2, 1)),
    Case("ioctl(0, TIOCGWINSZ, {ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}) = 0",
         "ioctl", (0, 0x5413, 0x100), 0, (), ((0x100, struct.pack("<4H", 24, 80, 0, 0)),)),
    Case("prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0",
         "prlimit64", (0, 3, 0, 0x100), 0, (),
         ((0x100, struct.pack("<QQ", 8 << 20, MINUS)),)),
    Case('connect(9, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("1.2.3.4")}, 16) = '
         "-1 ECONNREFUSED (Connection refused)", "connect", (9, 0x100, 16), -111,
         ((0x100, bytes([2, 0, 0, 80, 1, 2, 3, 4]) + bytes(8)),)),
    Case('prctl(PR_SET_NAME, "abc")               = 0', "prctl", (15, 0x100, 1, 2, 3), 0, (),
         ((0x100, b"abc\0" + bytes(12)),)),
    Case('getrandom("\\x14\\xaf", 2, GRND_NONBLOCK) = 2', "getrandom", (0x100, 2, 1), 2, (),
         ((0x100, b"\x14\xaf"),)),
    Case("tgkill(1, 2, SIGRT_3)                   = 0", "tgkill", (1, 2, 35)),
    Case("umask(022)                              = 002", "umask", (0o22,), 0o2),
    Case("getppid()                               = 0", "getppid", ()),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.line.split("(")[0])
def test_a_call_is_shown_as_strace_shows_it(case: Case) -> None:
    lines = Lines("aarch64", numbered=False)
    before, after = dict(case.before), dict(case.after)
    shown = lines.feed(event(What.ENTER, case.call, *case.arguments, memory=before))
    shown += lines.feed(
        event(What.LEAVE, case.call, *case.arguments, result=case.result, memory=after)
    )
    assert shown == case.line + "\n"


def test_what_cannot_be_read_is_shown_as_a_pointer() -> None:
    lines = Lines("riscv64", numbered=False)
    shown = lines.feed(event(What.ENTER, "openat", AT_FDCWD, 0x10, 0))
    shown += lines.feed(event(What.LEAVE, "openat", AT_FDCWD, 0x10, 0, result=-14))
    assert shown == "openat(AT_FDCWD, 0x10, O_RDONLY)        = -1 EFAULT (Bad address)\n"


def test_a_call_that_no_table_has_is_shown_by_number() -> None:
    lines = Lines("riscv64", numbered=False)
    shown = lines.feed(event(What.ENTER, 500, 1)) + lines.feed(
        event(What.LEAVE, 500, 1, result=-38)
    )
    assert shown.startswith("syscall_500(0x1, 0, 0, 0, 0, 0)")
    assert shown.endswith(" = -1 ENOSYS (Function not implemented)\n")


def test_flags_of_open_differ_between_the_architectures() -> None:
    (kind,) = [calls.arguments("openat")[2]]
    shown = []
    for arch in ("riscv64", "aarch64"):
        lines = Lines(arch, numbered=False)
        shown.append(lines.feed(event(What.ENTER, "openat", AT_FDCWD, 0, 0o200000)))
    assert kind.captures == ()
    assert "O_DIRECTORY" in shown[0]
    assert "O_DIRECT" in shown[1]
    assert "O_DIRECTORY" not in shown[1]


def test_threads_have_numbers_and_cut_each_others_lines() -> None:
    lines = Lines("riscv64", numbered=False)
    shown = [
        lines.feed(event(What.ENTER, "getpid", tid=1)),
        lines.feed(event(What.LEAVE, "getpid", result=1, tid=1)),
        lines.feed(event(What.ENTER, "read", 0, 0x100, 5, tid=1)),
        lines.feed(event(What.ENTER, "gettid", tid=12)),
        lines.feed(event(What.LEAVE, "gettid", result=12, tid=12)),
        lines.feed(event(What.LEAVE, "read", 0, 0x100, 5, result=2, memory={0x100: b"ab"}, tid=1)),
        lines.feed(event(What.ENTER, "exit", 3, tid=12)),
        lines.feed(event(What.EXIT, 0, result=-1, tid=12)),
        lines.feed(event(What.ENTER, "exit_group", 4, tid=1)),
        lines.feed(event(What.EXIT, 0, result=4 << 8, tid=1)),
    ]
    assert "".join(shown).splitlines() == [
        "getpid()                                = 1",
        "read(0,  <unfinished ...>",
        "[pid    12] gettid()                    = 12",
        '[pid     1] <... read resumed>"ab", 5)  = 2',
        "[pid    12] exit(3)                     = ?",
        "[pid    12] +++ exited with 3 +++",
        "exit_group(4)                           = ?",
        "+++ exited with 4 +++",
    ]


def test_a_file_has_the_threads_number_on_every_line() -> None:
    lines = Lines("riscv64", numbered=True)
    shown = lines.feed(event(What.ENTER, "getpid")) + lines.feed(
        event(What.LEAVE, "getpid", result=1)
    )
    assert shown == "1     getpid()                          = 1\n"


def siginfo(signo: int, code: int, codes: str, *fields: int) -> bytes:
    return (struct.pack("<iii4x", signo, 0, code) + struct.pack(codes, *fields)).ljust(128, b"\0")


@pytest.mark.parametrize(
    ("content", "code", "rest"),
    [
        (siginfo(11, 1, "<Q", 16), "SEGV_MAPERR", "si_addr=0x10"),
        (siginfo(7, 1, "<Q", 0), "BUS_ADRALN", "si_addr=NULL"),
        (siginfo(15, 0, "<ii", 7, 0), "SI_USER", "si_pid=7, si_uid=0"),
        (siginfo(35, -1, "<iiQ", 7, 0, 5), "SI_QUEUE", "si_pid=7, si_uid=0, si_int=5, si_ptr=0x5"),
        (
            siginfo(10, -2, "<iiQ", 0, 0, 0),
            "SI_TIMER",
            "si_timerid=0, si_overrun=0, si_int=0, si_ptr=NULL",
        ),
        (
            siginfo(17, 1, "<iii4xqq", 9, 0, 3, 0, 0),
            "CLD_EXITED",
            "si_pid=9, si_uid=0, si_status=3, si_utime=0, si_stime=0",
        ),
    ],
)
def test_a_signal_is_shown_with_what_is_known_of_its_sender(
    content: bytes, code: str, rest: str
) -> None:
    (signo,) = struct.unpack_from("<i", content)
    name = text.signal_name(signo)
    line = Lines("riscv64", numbered=False).feed(event(What.SIGNAL, signo, memory={0: content}))
    assert line == f"--- {name} {{si_signo={name}, si_code={code}, {rest}}} ---\n"


def test_a_program_that_a_signal_ends_is_killed() -> None:
    lines = Lines("riscv64", numbered=False)
    shown = lines.feed(event(What.EXIT, 0, result=11))
    assert shown == "+++ killed by SIGSEGV +++\n"


def test_a_line_that_nothing_ended_is_cut_at_the_end_of_the_run() -> None:
    lines = Lines("riscv64", numbered=False)
    shown = lines.feed(event(What.ENTER, "rt_sigsuspend", 0, 8)) + lines.end()
    assert shown == "rt_sigsuspend(NULL, 8 <unfinished ...>\n"


def test_every_call_has_a_kind_for_each_of_its_arguments() -> None:
    for row in table.load():
        kinds = calls.arguments(row.name)
        least = len(row.arguments)
        # The kernel ignores the last arguments of these; strace shows fewer.
        assert len(kinds) == least or row.name in SHORTER, row.name


SHORTER = {"preadv", "pwritev", "pread64", "pwrite64"}


def test_the_plan_fits_the_kernels_structure() -> None:
    for number, argument, capture in calls.plan(table.load()):
        assert 0 <= argument < 6
        assert 0 <= capture.count < 6
        assert 0 < capture.size < 1 << 16
        assert 0 < capture.limit <= 1 << 15
        assert number < 1 << 16
