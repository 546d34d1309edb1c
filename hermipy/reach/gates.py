"""What libraries do only when something else was done before, though their code alone cannot tell.

A function of glibc that changes a thread's priority runs for a mutex with a priority ceiling; no
other mutex gets there, but the kind of a mutex is a number in memory. So a gate names such a
function by what it does (a stripped library has no names inside), what stays shut in it, and what
opens it. A gate that finds no function, as in another release, changes nothing: the answer is then
wider. Facts: glibc 2.36 to 2.41, the files that each gate names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ALL = "*"


@dataclass(frozen=True, slots=True)
class Gate:
    """One such function, by its object's soname."""

    soname: str
    """The start of it."""
    marks: frozenset[str]
    """Syscalls that the function makes, itself (`name!`) or by a small function around one
    (`name`), and exported functions that it names (`name()`). All must be there."""
    shuts: frozenset[str]
    """Which of those it does not do while the gate is shut; `*`: the function does not run."""
    imports: frozenset[str] = frozenset()
    """The gate opens when another object takes one of these from the library."""
    reaches: frozenset[str] = frozenset()
    """... or when one of these exported functions is reached, by whomever."""
    lacks: frozenset[str] = frozenset()
    """What the function does not do: marks that tell it from another."""
    exported: bool = False
    """The function may also be an exported one; else only one without a name is meant."""
    passes: tuple[str, Callable[[int | str], bool]] | None = None
    """... or when an object that reaches this function passes it such an argument, or any."""
    assumed: str = ""
    """What must hold for it to stay shut that no code can tell; the answer says so."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _only(soname: str, syscalls: str, assumed: str) -> tuple[Gate, ...]:
    """Syscalls that an object itself makes for one purpose only."""
    return tuple(
        Gate(soname, _names(name), _names(name), assumed=assumed) for name in syscalls.split()
    )


_NOT_A_COMMAND = "ld.so is started as an interpreter, not as a command"
_NOT_DEBUGGED = "LD_DEBUG and LD_PROFILE are not set"
_NOT_RELATIVE = "no library is named by a relative path"
_NOT_TUNED = "GLIBC_TUNABLES is not set"
_HAS_ENTROPY = "getrandom() has random bytes"
_NO_NSCD = "nscd does not run"
_THREADS = "pthread_create thrd_create clone __clone clone3"
_CEILINGS = (
    "pthread_mutexattr_setprotocol pthread_mutexattr_setprioceiling pthread_mutex_setprioceiling"
)
_SPAWN_FLAGS = "posix_spawnattr_setflags"

PASSED = {
    # libcap/cap_proc.c, struct syscaller_s
    "libcap.so.2": _names("capset prctl setuid setgid setgroups chroot"),
    # src/system.c, state.nr_seccomp
    "libseccomp.so.2": _names("seccomp"),
}
"""Syscalls that a library makes by numbers which it keeps in variables or passes through pointers
to functions, by its soname: all that its source has."""

GATES = (
    # elf/rtld.c; AArch64's dl-diagnostics-cpu.c asks every CPU
    *_only("ld-linux", "execve sched_setaffinity sched_getaffinity getcpu", _NOT_A_COMMAND),
    # elf/dl-profile.c, elf/dl-misc.c; sigaction is only profil()'s
    *_only("ld-linux", "setitimer rt_sigaction getpid", _NOT_DEBUGGED),
    Gate("ld-linux", _names("lseek write mmap"), _names(_ALL), assumed=_NOT_DEBUGGED),
    # elf/dl-object.c: an object with a relative name; getcwd() may read directories
    Gate(
        "ld-linux",
        _names("getcwd!"),
        _names(_ALL),
        _names("dlopen dlmopen"),
        assumed=_NOT_RELATIVE,
    ),
    # sysdeps/unix/sysv/linux/setvmaname.c, glibc.mem.decorate_maps
    *_only("ld-linux", "prctl", _NOT_TUNED),
    *_only("libc.so.6", "prctl", _NOT_TUNED),
    # sysdeps/unix/sysv/linux/malloc-hugepages.c, glibc.malloc.hugetlb
    Gate("libc.so.6", _names("getdents64 openat pread64"), _names(_ALL), assumed=_NOT_TUNED),
    # nptl/tpp.c: mutexes with PTHREAD_PRIO_PROTECT
    Gate(
        "libc.so.6",
        _names("sched_get_priority_min sched_get_priority_max sched_getparam sched_setscheduler"),
        _names(_ALL),
        _names(_CEILINGS),
    ),
    Gate(
        "libc.so.6",
        _names("sched_getparam sched_getscheduler"),
        _names(_ALL),
        _names(_CEILINGS),
    ),
    Gate(
        "libc.so.6",
        _names("sched_get_priority_min sched_get_priority_max"),
        _names(_ALL),
        _names(_CEILINGS),
    ),
    # nptl/pthread_create.c: create_thread() applies the attributes
    Gate(
        "libc.so.6",
        _names("sched_setaffinity sched_setscheduler"),
        _names("sched_setaffinity"),
        _names("pthread_attr_setaffinity_np pthread_setattr_default_np"),
        exported=True,
    ),
    Gate(
        "libc.so.6",
        _names("sched_setaffinity sched_setscheduler"),
        _names("sched_setscheduler"),
        _names(
            "pthread_attr_setschedpolicy pthread_attr_setschedparam pthread_attr_setinheritsched "
            "pthread_setattr_default_np"
        ),
        exported=True,
    ),
    Gate(
        "libc.so.6",
        _names("pthread_create()! sched_getparam sched_getscheduler"),
        _names("sched_getparam sched_getscheduler"),
        _names("pthread_attr_setinheritsched pthread_setattr_default_np"),
        exported=True,
    ),
    # malloc/arena.c: more arenas are made for more threads only
    Gate(
        "libc.so.6",
        _names("get_nprocs()"),
        _names("get_nprocs()"),
        reaches=_names(_THREADS),
    ),
    # malloc/malloc.c, malloc/arena.c: huge pages by a tunable, and heaps of other threads; not
    # start_thread(), which gives its stack back
    Gate(
        "libc.so.6",
        _names("madvise"),
        _names("madvise"),
        lacks=_names("exit!"),
        reaches=_names(_THREADS),
        assumed=_NOT_TUNED,
    ),
    # malloc/malloc.c, stdlib/arc4random.c: what they do without random bytes of the kernel
    Gate(
        "libc.so.6",
        _names("getrandom! clock_gettime"),
        _names("clock_gettime"),
        assumed=_HAS_ENTROPY,
    ),
    Gate("libc.so.6", _names("ppoll! openat read"), _names(_ALL), assumed=_HAS_ENTROPY),
    # nscd/nscd_helper.c: the connection, waiting for an answer, reading one, the shared map
    Gate(
        "libc.so.6",
        _names("connect socket sendto ppoll clock_gettime"),
        _names("sendto ppoll clock_gettime"),
        assumed=_NO_NSCD,
    ),
    Gate(
        "libc.so.6",
        _names("ppoll clock_gettime"),
        _names(_ALL),
        lacks=_names("socket sendto"),
        assumed=_NO_NSCD,
    ),
    Gate("libc.so.6", _names("readv"), _names(_ALL), assumed=_NO_NSCD),
    Gate("libc.so.6", _names("recvmsg fstat mmap munmap"), _names(_ALL), assumed=_NO_NSCD),
    # sysdeps/unix/sysv/linux/getcwd.c: a longer path than the kernel gives
    Gate(
        "libc.so.6",
        _names("getcwd()! getcwd! fdopendir()"),
        _names(
            "fdopendir() readdir64() rewinddir() closedir() openat64() fstatat() lstat() fstat64()"
        ),
        exported=True,
        assumed="the working directory's path is shorter than 4096 bytes",
    ),
    # sysdeps/posix/sysconf.c, bits/confname.h
    *(
        Gate(
            "libc.so.6",
            _names("sysconf()! get_nprocs()"),
            _names(shuts),
            passes=("sysconf", {*values}.__contains__),
            exported=True,
        )
        for shuts, values in (
            ("get_nprocs() get_nprocs_conf()", (83, 84)),  # _SC_NPROCESSORS_CONF, _ONLN
            ("get_phys_pages() get_avphys_pages()", (85, 86)),  # _SC_PHYS_PAGES, _SC_AVPHYS_PAGES
        )
    ),
    # iconv/gconv_conf.c
    Gate(
        "libc.so.6",
        _names("getcwd() strtok_r()"),
        _names("getcwd()"),
        assumed="GCONV_PATH is not set",
    ),
    # intl/dcigettext.c: a catalogue's directory that is not absolute
    Gate(
        "libc.so.6",
        _names("getcwd() tfind()"),
        _names("getcwd()"),
        passes=("bindtextdomain", lambda name: not str(name).startswith("/")),
    ),
    # sysdeps/nptl/libc_start_call_main.h: main() was left by pthread_exit() or cancelled
    Gate(
        "libc.so.6",
        _names("exit exit()"),
        _names("exit"),
        lacks=_names("madvise"),  # start_thread() does, and always makes the call
        reaches=_names("pthread_exit thrd_exit pthread_cancel"),
    ),
    # sysdeps/unix/sysv/linux/spawni.c: system() and popen() ask for none of these
    *(
        Gate("libc.so.6", _names("setsid setpgid"), _names(shuts), _names(imports))
        for shuts, imports in (
            ("setsid setpgid sched_setparam sched_setscheduler", _SPAWN_FLAGS),
            ("setresuid setresgid getuid getgid", _SPAWN_FLAGS),
            (
                "chdir",
                "posix_spawn_file_actions_addchdir_np posix_spawn_file_actions_addchdir",
            ),
            (
                "fchdir",
                "posix_spawn_file_actions_addfchdir_np posix_spawn_file_actions_addfchdir",
            ),
            ("close_range getdents64", "posix_spawn_file_actions_addclosefrom_np"),
        )
    ),
    # sunrpc/rpc_thread.c: a thread's servers are closed at its end
    Gate(
        "libc.so.6",
        _names("svc_unregister()"),
        _names(_ALL),
        _names(
            "svc_register svc_unregister xprt_register registerrpc svcraw_create svctcp_create "
            "svcudp_create svcudp_bufcreate svcunix_create svcunixfd_create svcfd_create "
            "svc_run svc_exit"
        ),
    ),
    # nss/nss_module.c, resolv/nss_dns: only hosts and networks are looked up in the DNS
    Gate(
        "libc.so.6",
        _names("_nss_dns_getcanonname_r()"),
        _names(_ALL),
        reaches=_names(
            "gethostbyname gethostbyname_r gethostbyname2 gethostbyname2_r gethostbyaddr "
            "gethostbyaddr_r gethostent gethostent_r sethostent getaddrinfo getnameinfo "
            "getnetbyname getnetbyname_r getnetbyaddr getnetbyaddr_r getnetent getnetent_r "
            "setnetent"
        ),
    ),
)
