"""Programs in containers inside a Linux guest: Debian's runc and crun apply the profile.

So what is proved is what users do: an OCI runtime reads the profile, libseccomp compiles it, the
guest's kernel enforces it. One boot runs every session under every runtime, and once without any.
"""

from __future__ import annotations

import json
import re
import shlex
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hermipy import packages, tree
from hermipy.model import Node
from tests.guest import guest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# The guest's / is an initramfs, which cannot be pivoted away from.
_RUNTIMES = {"runc": "runc run --no-pivot", "crun": "crun --cgroup-manager=disabled run --no-pivot"}
UNDER_PROFILE = ("runc-early", "runc-late", "crun-early", "crun-late")
"""The runtime, and whether it loads the filter before it drops privileges or as the last thing."""
WAYS = ("plain", *UNDER_PROFILE)
_NAMESPACES = ("pid", "ipc", "uts", "mount")
_CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]  # runc's own default


@dataclass(frozen=True, slots=True)
class Session:
    """One command in a root file system of its own."""

    name: str
    files: tuple[Node, ...]
    command: tuple[str, ...]
    profile: dict[str, Any]
    ways: tuple[str, ...] = WAYS


@dataclass(frozen=True, slots=True)
class Result:
    """What a session did, standard error with standard output."""

    output: str
    status: int


def run(arch: str, sessions: Sequence[Session]) -> dict[tuple[str, str], Result]:
    """Results by (session, way)."""
    outcome = guest.run(arch, _files(arch, sessions), ["/usr/bin/busybox", "sh", "/sessions.sh"])
    assert outcome.status == 0, outcome.console + outcome.stderr.decode(errors="replace")
    found = results(outcome.stdout)
    missing = [(s.name, way) for s in sessions for way in s.ways if (s.name, way) not in found]
    assert not missing, (missing, outcome)
    return found


def results(output: bytes) -> dict[tuple[str, str], Result]:
    """Take apart what a script has said with `@@ SESSION WAY` and `@@ status N` around it."""
    text = output.decode(errors="replace")
    found = re.findall(r"^@@ (\S+) (\S+)\n(.*?)^@@ status (\d+)\n", text, re.MULTILINE | re.DOTALL)
    return {(name, way): Result(said, int(status)) for name, way, said, status in found}


def _files(arch: str, sessions: Iterable[Session]) -> Iterator[Node]:
    yield from guest.package_files(["runc"], arch)
    yield from guest.package_files(["crun"], arch)
    yield from tree.from_package(packages.alone("busybox-static", arch).files)
    script = [
        "export PATH=$PATH:/busybox",
        "busybox mkdir /busybox",
        "busybox --install -s /busybox",
    ]
    for session in sessions:
        root = f"/sessions/{session.name}/rootfs"
        for node in session.files:
            yield replace(node, path=f"{root}{node.path}".rstrip("/"))
        for late in (False, True):
            place = f"/sessions/{session.name}/{'late' if late else 'early'}"
            text = json.dumps(_config(session, root, no_new_privileges=late))
            yield Node(f"{place}/config.json", stat.S_IFREG | 0o644, data=text.encode())
        script += _script(session, root)
    yield Node("/sessions.sh", stat.S_IFREG | 0o755, data="\n".join(script).encode())


def _script(session: Session, root: str) -> Iterator[str]:
    command = shlex.join(session.command)
    # A container has /proc and /dev; without one the command gets the same.
    mounts = f"mount -t proc proc {root}/proc; mount --bind /dev {root}/dev"
    unmounts = f"umount {root}/proc {root}/dev"
    yield f"mkdir -p {root}/proc {root}/dev"
    ways = {"plain": f"{mounts}; chroot {root} {command}; status=$?; {unmounts}"}
    for runtime, start in _RUNTIMES.items():
        for when in ("early", "late"):
            place = f"/sessions/{session.name}/{when}"
            ways[f"{runtime}-{when}"] = f"{start} --bundle {place} c; status=$?"
    for way in session.ways:
        yield f"rm -rf {root}/tmp; mkdir {root}/tmp; echo @@ {session.name} {way}"
        yield f"{{ {ways[way]}; }} 2>&1 </dev/null"
        yield "echo; echo @@ status $status"


def _config(session: Session, root: str, *, no_new_privileges: bool) -> dict[str, Any]:
    """The container (config.md of the OCI runtime specification)."""
    granted = ("bounding", "effective", "permitted")
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": list(session.command),
            "env": ["PATH=/usr/bin:/bin", "HOME=/tmp"],
            "cwd": "/",
            "noNewPrivileges": no_new_privileges,
            "capabilities": dict.fromkeys(granted, _CAPABILITIES),
        },
        "root": {"path": root},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]},
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in _NAMESPACES],
            "seccomp": session.profile,
        },
    }
