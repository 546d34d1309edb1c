"""The structures that system calls take and give, in strace's words: the generic 64-bit ABI's."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING

from hermipy.strace import constants, kinds, text

if TYPE_CHECKING:
    from hermipy.strace.kinds import Call

_RLIM_INFINITY = (1 << 64) - 1
_UTIME_NOW, _UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2
_KIB = 1024
IOVEC_BYTES = 16


def timespec(_: Call | None, content: bytes) -> str:
    """struct __kernel_timespec."""
    seconds, nanoseconds = struct.unpack_from("<qq", content)
    return f"{{tv_sec={seconds}, tv_nsec={nanoseconds}}}"


def file_times(call: Call, content: bytes) -> str:
    """utimensat's two."""
    return f"[{', '.join(_file_time(call, content[at : at + 16]) for at in (0, 16))}]"


def _file_time(call: Call, content: bytes) -> str:
    (nanoseconds,) = struct.unpack_from("<q", content, 8)
    special = {_UTIME_NOW: "UTIME_NOW", _UTIME_OMIT: "UTIME_OMIT"}
    return special.get(nanoseconds) or timespec(call, content)


def timeval(_: Call | None, content: bytes) -> str:
    """struct timeval."""
    seconds, microseconds = struct.unpack_from("<qq", content)
    return f"{{tv_sec={seconds}, tv_usec={microseconds}}}"


def itimerspec(call: Call, content: bytes) -> str:
    """struct __kernel_itimerspec."""
    first, second = timespec(call, content), timespec(call, content[16:])
    return f"{{it_interval={first}, it_value={second}}}"


def itimerval(call: Call, content: bytes) -> str:
    """struct itimerval."""
    first, second = timeval(call, content), timeval(call, content[16:])
    return f"{{it_interval={first}, it_value={second}}}"


def stat(_: Call, content: bytes) -> str:
    """struct stat: mode, and size or device."""
    (mode,) = struct.unpack_from("<I", content, 16)
    rdev, size = struct.unpack_from("<Q8xq", content, 32)
    return f"{{st_mode={kinds.file_mode(mode)}, {_what_it_holds('st', mode, size, rdev)}, ...}}"


def _what_it_holds(prefix: str, mode: int, size: int, rdev: int) -> str:
    if mode & 0o170000 in (0o020000, 0o060000):
        return f"{prefix}_rdev={text.device(rdev)}"
    return f"{prefix}_size={size}"


def statx(_: Call, content: bytes) -> str:
    """struct statx."""
    mask, _, attributes = struct.unpack_from("<IIQ", content)
    (mode,) = struct.unpack_from("<H", content, 28)
    (size,) = struct.unpack_from("<Q", content, 40)
    shown = text.flags(mask, constants.STATX_MASK, "STATX_")
    return (
        f"{{stx_mask={shown}, stx_attributes={text.number(attributes)}, "
        f"stx_mode={kinds.file_mode(mode)}, stx_size={size}, ...}}"
    )


def statfs(_: Call, content: bytes) -> str:
    """struct statfs."""
    kind, block, *counts = struct.unpack_from("<7Q", content)
    first, second, length, piece, flags = struct.unpack_from("<iiQQQ", content, 56)
    names = ("blocks", "bfree", "bavail", "files", "ffree")
    numbers = ", ".join(f"f_{name}={count}" for name, count in zip(names, counts, strict=True))
    magic = {0x01021994: "TMPFS_MAGIC", 0x9FA0: "PROC_SUPER_MAGIC"}.get(kind, f"{kind:#x}")
    return (
        f"{{f_type={magic}, f_bsize={block}, {numbers}, "
        f"f_fsid={{val=[{text.number(first)}, {text.number(second)}]}}, "
        f"f_namelen={length}, f_frsize={piece}, f_flags={text.number(flags)}}}"
    )


def sigaction(call: Call, content: bytes) -> str:
    """struct sigaction as the kernel has it: AArch64's has a restorer."""
    handler, flags = struct.unpack_from("<QQ", content)
    restorer, mask = 0, 0
    if call.arch == "aarch64":
        restorer, mask = struct.unpack_from("<QQ", content, 16)
    else:
        (mask,) = struct.unpack_from("<Q", content, 16)
    shown = {0: "SIG_DFL", 1: "SIG_IGN"}.get(handler, f"{handler:#x}")
    parts = [
        f"sa_handler={shown}",
        f"sa_mask={text.signal_set(mask)}",
        f"sa_flags={text.flags(flags, constants.SIGACTION, 'SA_')}",
    ]
    if flags & constants.SA_RESTORER:
        parts.append(f"sa_restorer={text.pointer(restorer)}")
    return f"{{{', '.join(parts)}}}"


SIGACTION_BYTES = {"riscv64": 24, "aarch64": 32}


def sigset(_: Call, content: bytes) -> str:
    """A mask of 64 signals."""
    return text.signal_set(int.from_bytes(content, "little"))


def altstack(_: Call, content: bytes) -> str:
    """stack_t."""
    base, flags, size = struct.unpack_from("<Qi4xQ", content)
    shown = text.flags(flags & 0xFFFF_FFFF, constants.SIGALTSTACK, "SS_")
    return f"{{ss_sp={text.pointer(base)}, ss_flags={shown}, ss_size={size}}}"


def sigevent(_: Call, content: bytes) -> str:
    """struct sigevent."""
    given, signo, notify, tid = struct.unpack_from("<Qiii", content)
    parts = (
        []
        if not given
        else [f"sigev_value={{sival_int={given & 0xFFFFFFFF}, sival_ptr={given:#x}}}"]
    )
    parts += [
        f"sigev_signo={text.signal_name(signo)}",
        f"sigev_notify={text.choice(notify, constants.SIGEV, 'SIGEV_')}",
    ]
    parts += [f"sigev_notify_thread_id={tid}"] if notify & 4 else []
    return f"{{{', '.join(parts)}}}"


def siginfo(content: bytes) -> str:
    """siginfo_t; what its union holds depends on who sent the signal."""
    signo, error, code = struct.unpack_from("<iii", content)
    name = text.signal_name(signo)
    own = constants.SI_CODES_OF.get(name, {}) if code > 0 else {}
    shown = own.get(code) or constants.SI_CODES.get(code) or text.number(code)
    parts = [f"si_signo={name}", f"si_code={shown}"]
    parts += [f"si_errno={error}"] if error else []
    return f"{{{', '.join([*parts, *_sender(content, name, code)])}}}"


_FAULTS = frozenset(("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP"))
_SI_KERNEL, _SI_TIMER = 0x80, -2


def _sender(content: bytes, name: str, code: int) -> list[str]:
    first, second = struct.unpack_from("<ii", content, 16)
    (value,) = struct.unpack_from("<Q", content, 24)
    shown_value = [f"si_int={text.signed(value)}", f"si_ptr={text.pointer(value)}"]
    if code == _SI_KERNEL:
        return []
    if code == _SI_TIMER:
        return [f"si_timerid={text.number(first)}", f"si_overrun={second}", *shown_value]
    if code > 0 and name in _FAULTS:
        (address,) = struct.unpack_from("<Q", content, 16)
        return [f"si_addr={text.pointer(address)}"]
    if code > 0 and name == "SIGCHLD":
        status, user, system = struct.unpack_from("<i4xqq", content, 24)
        return [
            *(f"si_pid={first}", f"si_uid={second}", f"si_status={status}"),
            *(f"si_utime={user}", f"si_stime={system}"),
        ]
    if code > 0 and name == "SIGSYS":
        (address,) = struct.unpack_from("<Q", content, 16)
        number, arch = struct.unpack_from("<iI", content, 24)
        return [f"si_call_addr={address:#x}", f"si_syscall={number}", f"si_arch={arch:#x}"]
    sender = [f"si_pid={first}", f"si_uid={second & 0xFFFFFFFF}"]
    return sender + (shown_value if code not in (0, -6) else [])


def iovec(call: Call, content: bytes) -> str:
    """struct iovec, with what it names: what is in it, or what the call has put there."""
    base, size = struct.unpack("<QQ", content)
    held = call.memory.read_some(base, min(size, text.STRING_MAX + 1))
    if not held and size and call.result is None:
        return f"{{iov_base={text.pointer(base)}, iov_len={size}}}"
    shown = text.data(held, size if call.result is None else len(held))
    return f"{{iov_base={shown}, iov_len={size}}}"


def pollfd(_: Call, content: bytes) -> str:
    """struct pollfd, before."""
    descriptor, events, _returned = struct.unpack("<ihH", content)
    shown = text.flags(events & 0xFFFF, constants.POLL, "POLL")
    return f"{{fd={descriptor}}}" if descriptor < 0 else f"{{fd={descriptor}, events={shown}}}"


def epoll_event(_: Call, content: bytes) -> str:
    """struct epoll_event."""
    events, given = struct.unpack("<I4xQ", content)
    shown = text.flags(events, constants.EPOLL, "EPOLL")
    return f"{{events={shown}, data={{u32={given & 0xFFFF_FFFF}, u64={given}}}}}"


def rlimit(_: Call, content: bytes) -> str:
    """struct rlimit64."""
    current, most = struct.unpack("<QQ", content)
    return f"{{rlim_cur={_limit(current)}, rlim_max={_limit(most)}}}"


def _limit(value: int) -> str:
    if value == _RLIM_INFINITY:
        return "RLIM64_INFINITY"
    return f"{value // _KIB}*1024" if value > _KIB and value % _KIB == 0 else str(value)


def rusage(call: Call, content: bytes) -> str:
    """struct rusage."""
    user, system = timeval(call, content), timeval(call, content[16:])
    return f"{{ru_utime={user}, ru_stime={system}, ...}}"


def tms(_: Call, content: bytes) -> str:
    """struct tms."""
    names = ("tms_utime", "tms_stime", "tms_cutime", "tms_cstime")
    values = struct.unpack("<4q", content)
    return f"{{{', '.join(f'{n}={v}' for n, v in zip(names, values, strict=True))}}}"


def utsname(_: Call, content: bytes) -> str:
    """struct new_utsname."""
    system, node = (content[at : at + 65].split(b"\0")[0] for at in (0, 65))
    return f"{{sysname={text.quoted(system)}, nodename={text.quoted(node)}, ...}}"


def sysinfo(_: Call, content: bytes) -> str:
    """struct sysinfo."""
    uptime, *loads = struct.unpack_from("<q3Q", content)
    memory = struct.unpack_from("<6Q", content, 32)
    (processes,) = struct.unpack_from("<H", content, 80)
    high, free_high, unit = struct.unpack_from("<QQI", content, 88)
    names = ("totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap")
    numbers = ", ".join(f"{name}={value}" for name, value in zip(names, memory, strict=True))
    return (
        f"{{uptime={uptime}, loads=[{', '.join(map(str, loads))}], {numbers}, "
        f"procs={processes}, totalhigh={high}, freehigh={free_high}, mem_unit={unit}}}"
    )


def flock(call: Call, content: bytes) -> str:
    """struct flock; who holds the lock is an answer."""
    kind, whence, start, length, pid = struct.unpack("<hh4xqqi4x", content)
    held = f", l_pid={pid}" if call.result is not None else ""
    return (
        f"{{l_type={text.choice(kind, constants.LOCK_TYPES, 'F_')}, "
        f"l_whence={text.choice(whence, constants.SEEK, 'SEEK_')}, "
        f"l_start={start}, l_len={length}{held}}}"
    )


def winsize(_: Call, content: bytes) -> str:
    """struct winsize."""
    names = ("ws_row", "ws_col", "ws_xpixel", "ws_ypixel")
    values = struct.unpack("<4H", content)
    return f"{{{', '.join(f'{n}={v}' for n, v in zip(names, values, strict=True))}}}"


def termios(_: Call, content: bytes) -> str:
    """struct termios, the flags as numbers."""
    names = ("c_iflag", "c_oflag", "c_cflag", "c_lflag")
    values = struct.unpack_from("<4I", content)
    return f"{{{', '.join(f'{n}={v:#x}' for n, v in zip(names, values, strict=True))}, ...}}"


def open_how(call: Call, content: bytes) -> str:
    """struct open_how."""
    flags, mode, resolve = struct.unpack("<QQQ", content)
    shown_mode = f", mode={text.octal(mode)}" if mode else ""
    return f"{{flags={open_flags(call.arch, flags)}{shown_mode}, resolve={text.number(resolve)}}}"


def open_flags(arch: str, flags: int) -> str:
    """O_RDONLY and so on: the lowest two bits are a number."""
    access = constants.OPEN_ACCESS.get(flags & 3, "O_ACCMODE")
    rest = flags & ~3
    return access + (f"|{text.flags(rest, constants.OPEN[arch], 'O_')}" if rest else "")


def clone_args(_: Call, content: bytes) -> str:
    """struct clone_args."""
    flags, _pidfd, child, parent, signo, stack, size, tls = struct.unpack_from("<8Q", content)
    parts = [f"flags={text.flags(flags, constants.CLONE, 'CLONE_')}"]
    parts += [f"child_tid={child:#x}"] if flags & 0x1200000 else []
    parts += [f"parent_tid={parent:#x}"] if flags & 0x100000 else []
    parts += [f"exit_signal={text.signal_name(signo) if signo else 0}"]
    parts += [f"stack={text.pointer(stack)}", f"stack_size={text.number(size)}"]
    parts += [f"tls={tls:#x}"] if flags & 0x80000 else []
    return f"{{{', '.join(parts)}}}"


def socket_address(_: Call, content: bytes) -> str:
    """struct sockaddr of the families that people use."""
    (family,) = struct.unpack_from("<H", content)
    name = text.choice(family, constants.SOCKET_FAMILIES, "AF_")
    if family == socket.AF_UNIX:
        path = content[2:]
        if path.startswith(b"\0"):
            return f"{{sa_family={name}, sun_path=@{text.quoted(path[1:])}}}"
        return f"{{sa_family={name}, sun_path={text.quoted(path.split(bytes(1))[0])}}}"
    if family == socket.AF_INET and len(content) >= 8:
        (port,) = struct.unpack_from(">H", content, 2)
        address = socket.inet_ntop(socket.AF_INET, content[4:8])
        return f'{{sa_family={name}, sin_port=htons({port}), sin_addr=inet_addr("{address}")}}'
    if family == socket.AF_INET6 and len(content) >= 28:
        port, flow = struct.unpack_from(">HI", content, 2)
        (scope,) = struct.unpack_from("<I", content, 24)
        address = socket.inet_ntop(socket.AF_INET6, content[8:24])
        return (
            f"{{sa_family={name}, sin6_port=htons({port}), sin6_flowinfo=htonl({flow}), "
            f'inet_pton(AF_INET6, "{address}", &sin6_addr), sin6_scope_id={scope}}}'
        )
    return f"{{sa_family={name}, sa_data={text.quoted(content[2:16])}}}"
