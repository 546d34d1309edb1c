"""A seccomp profile out of the audit: what the programs can call, and nothing else.

One file serves everybody: it is the `linux.seccomp` object of the OCI runtime specification
(config-linux.md), which containerd and CRI-O (Kubernetes' localhostProfile) decode as it is, and
which Docker and Podman read as a profile of their own format without `archMap` and `includes`:
Docker up to 27.2 applies neither of these on riscv64 (moby/moby issue 48454).

What is not in it fails with ENOSYS, not with EPERM. What the analysis proves the program cannot
call is then called by a newer libc than the one that was analysed, and a libc that tries a newer
call first falls back to the older one at ENOSYS only: clone3, faccessat2 and rseq with EPERM break
programs (opencontainers/runc issue 2151). A kernel without the call would say the same.

A filter is inherited by what the program executes, so a profile covers the programs it was made
from; name all that a container runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hermipy import table
from hermipy.errors import ProfileError
from hermipy.strace import constants

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Row = Mapping[str, Any]

_ENOSYS = 38  # <asm-generic/errno.h>: the same on both architectures
_ARCHITECTURES = {"riscv64": "SCMP_ARCH_RISCV64", "aarch64": "SCMP_ARCH_AARCH64"}
_ALLOW = "SCMP_ACT_ALLOW"
_LOW_32_BITS = 0xFFFF_FFFF

# What runc and crun call between loading the filter and the program's first instruction, measured
# with SCMP_ACT_LOG under runc 1.1.15 and crun 1.21 on both architectures, with and without
# no_new_privs (which lets runc load the filter last), run at once and created, then started:
# credentials, descriptors, the wait for the start.
_RUNTIME = (
    *("capget", "capset", "chdir", "close", "close_range", "epoll_ctl", "execve", "faccessat2"),
    *("fchown", "fcntl", "fstat", "fstatfs", "futex", "getcwd", "getdents64", "getpid", "getppid"),
    *("newfstatat", "openat", "prctl", "prlimit64", "pselect6", "rt_sigaction", "rt_sigprocmask"),
    *("rt_sigreturn", "sched_yield", "setgid", "setgroups", "setresgid", "setresuid", "setuid"),
    # Seen in other versions of runc (its issue 2097), or called when something is odd.
    *("execveat", "exit", "exit_group", "faccessat", "getegid", "geteuid", "getgid", "getuid"),
    *("kill", "read", "readlinkat", "statx", "write"),
    # runc's other threads are Go's runtime, which may do these at any moment.
    *("epoll_pwait", "getpid", "gettid", "madvise", "mmap", "munmap", "nanosleep", "sigaltstack"),
    *("tgkill",),
)
# Go makes threads with exactly these flags; other uses of clone stay shut.
_GO_THREAD = 0x50F00  # CLONE_VM | _FS | _FILES | _SIGHAND | _THREAD | _SYSVSEM, <linux/sched.h>

# Arguments that a filter can see: passed in a register, and the kernel looks at 32 bits of it. Of
# fcntl, futex and prctl the runtime needs so many that a filter would say nothing.
_FILTERED = {
    "clone": (0, constants.CLONE),
    "ioctl": (1, constants.IOCTLS),
    "socket": (0, constants.SOCKET_FAMILIES),
    "socketpair": (0, constants.SOCKET_FAMILIES),
}


def profile(rows: Sequence[Row]) -> dict[str, Any]:
    """One profile that lets each of the audit's programs do all that it can do.

    Raises ProfileError when a program has no bound: a profile that lets everything pass would look
    like protection, and one that does not would break the program.
    """
    if not rows:
        raise ProfileError("no program was audited")
    rows = [_checked(row) for row in rows]
    known = table.by_name()
    names = {name for row in rows for name in row["syscalls"] if name in known}
    free = set(_RUNTIME)
    bounds = {name: _bound(name, rows) for name in names & _FILTERED.keys()}
    filtered = {name: values for name, values in bounds.items() if values is not None}
    rules = [_allow(sorted(names - filtered.keys()), "what the programs can call")]
    for name, values in sorted(filtered.items()):
        rules += [_allow([name], "the argument is bounded", _equal(name, v)) for v in values]
    rules.append(_allow(sorted(free - names), "what the container runtime calls before them"))
    if "clone" not in names or "clone" in filtered:
        rules.append(_allow(["clone"], "threads of runc's Go runtime", _equal("clone", _GO_THREAD)))
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": _ENOSYS,
        "architectures": [_ARCHITECTURES[arch] for arch in sorted({row["arch"] for row in rows})],
        "syscalls": [rule for rule in rules if rule["names"]],
    }


def _checked(row: Row) -> Row:
    """What a profile is made of; the rest of a row, which may be large, is let go."""
    if "error" in row:
        raise ProfileError(str(row["error"]))
    for site in row["unresolved"]:
        raise ProfileError(
            f"{row['path']}: the call at {site['address']:#x} of {site.get('object', row['path'])} "
            f"could be any ({site['reason']})"
        )
    if row["missing_libraries"]:
        missing = " ".join(row["missing_libraries"])
        raise ProfileError(f"{row['path']}: {missing} not found, give its folder with --sysroot")
    return {key: row[key] for key in ("arch", "syscalls", "arguments")}


def _bound(name: str, rows: Iterable[Row]) -> list[int] | None:
    """The values of a call's deciding argument over all programs; None: any, or none is known."""
    values: set[int] = set()
    for row in rows:
        if name not in row["syscalls"]:
            continue
        named = row["arguments"].get(name, {}).get("values", "any")
        numbers = [_number(value, name) for value in named] if named != "any" else [None]
        if None in numbers:
            return None
        values.update(number for number in numbers if number is not None)
    return sorted(values) or None


def _number(value: str | int, name: str) -> int | None:
    """The number behind `TCGETS`, `CLONE_VM|CLONE_FS` or `0x5401`; None: we cannot tell."""
    if isinstance(value, int):
        return value & _LOW_32_BITS
    known = {text: number for number, text in _FILTERED[name][1].items()}
    total = 0
    for part in value.split("|"):
        if part in known:
            total |= known[part]
            continue
        try:
            total |= int(part, 0)
        except ValueError:
            return None
    return total & _LOW_32_BITS


def _equal(name: str, value: int) -> dict[str, Any]:
    """The filter's condition: libseccomp's masked comparison has the mask first."""
    return {
        "index": _FILTERED[name][0],
        "value": _LOW_32_BITS,
        "valueTwo": value,
        "op": "SCMP_CMP_MASKED_EQ",
    }


def _allow(names: list[str], comment: str, *conditions: dict[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = {"names": names, "action": _ALLOW, "comment": comment}
    return rule | {"args": list(conditions)} if conditions else rule
