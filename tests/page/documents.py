"""Small audits to make pages of: every kind of row, and names that are made to break a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = "/evil</script><script>document.title='run'</script>/<b>\u202egnp\udcff & \"quote'"
TABLE = {
    "ioctl": {"status": "partial", "note": "FIOASYNC & <others> are ENOTTY"},
    "openat": {"status": "full", "note": ""},
    "write": {"status": "full", "note": ""},
    "personality": {"status": "stub", "note": "kept, but changes nothing"},
    "bpf": {"status": "absent", "note": "not implemented yet"},
    "wait4": {"status": "absent", "note": "not implemented yet"},
}


@dataclass(frozen=True)
class Audit:
    programs: list[dict[str, Any]]
    summary: dict[str, Any]
    table: dict[str, dict[str, str]]
    observed: dict[str, Any] | None = None


def step(name: str, address: int, how: str = "calls", file: str = "/usr/lib/libc.so.6") -> object:
    return {"object": file, "function": name, "address": address, "how": how}


def row(path: str, arch: str, *syscalls: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    end = [step("vprintf", 0x500), step("_IO_write", 0x600)]
    statuses: dict[str, list[str]] = {"full": [], "partial": [], "stub": [], "absent": []}
    for name in syscalls:
        statuses[TABLE[name]["status"]].append(name)
    absent = statuses["absent"]
    return {
        "path": path,
        "arch": arch,
        "package": path.rpartition("/")[2],
        "sizes": {"file": 141_000, "libraries": 1_900_000},
        "syscalls": list(syscalls),
        "unresolved": [],
        "dynamic": True,
        "libraries": ["/usr/lib/libc.so.6"],
        "missing_libraries": [],
        **statuses,
        "verdict": f"lacks {len(absent)}: {', '.join(absent)}" if absent else "runs with limits",
        "witnesses": {name: [step("main", 0x400, "entry", path), *end] for name in syscalls},
        "arguments": {"ioctl": {"argument": "request", "values": ["TCGETS", "TIOCGWINSZ"]}},
        "widened": [],
        "assumed": ["GCONV_PATH is not set"],
        **more,
    }


def rows() -> Iterator[dict[str, Any]]:
    yield row("/usr/bin/cat", "riscv64", "openat", "write", "ioctl")
    yield row("/usr/bin/cat", "aarch64", "openat", "write", "ioctl", "personality")
    yield row("/usr/bin/sh", "riscv64", "openat", "write", "wait4")
    site = {"object": "/usr/lib/libc.so.6", "address": 0x77, "reason": "the number is loaded"}
    yield row("/usr/bin/bpftool", "riscv64", "write", "wait4", "bpf", unresolved=[site])
    yield row("/usr/bin/lost", "riscv64", "write", missing_libraries=["liblost.so.1"])
    yield {"path": EVIL, "arch": None, "package": None, "error": f"{EVIL}: is <i>truncated</i>"}


def audit(copies: int = 1) -> Audit:
    """The rows above, over and over; the figures are those of one round."""
    counts = {"programs": 6, "read": 5, "run": 2, "unresolved": 1}
    counts |= {"runs": 0, "runs_with_limits": 2, "lacks": 2, "incomplete": 1, "errors": 1}
    programs = [
        found | {"path": found["path"] if copy == 0 else f"/copies/{copy}{found['path']}"}
        for copy in range(copies)
        for found in rows()
    ]
    return Audit(
        programs,
        {
            **counts,
            "arches": {"riscv64": counts, "aarch64": counts},
            "most_wanted": [
                {"syscall": "wait4", "programs": 2, "unlocks": 1},
                {"syscall": "bpf", "programs": 1, "unlocks": 0},
            ],
            "curve": [
                {"syscall": None, "implemented": 250, "unlocks": 0, "programs": 2},
                {"syscall": "wait4", "implemented": 251, "unlocks": 1, "programs": 3},
                {"syscall": "bpf", "implemented": 252, "unlocks": 1, "programs": 4},
            ],
        },
        TABLE,
    )
