"""Podman, containerd and Docker in a Linux guest: each loads the profile as a user gives it.

What Kubernetes runs is among them: its localhostProfile goes through containerd's own loader, or
through the one that CRI-O shares with Podman. An engine's daemon starts in the guest and runs each
command in a container of its own.
"""

from __future__ import annotations

import json
import shlex
import stat
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hermipy import packages, qemu, tree
from hermipy.model import Node
from tests.guest import containers, guest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.guest.containers import Result

_PACKAGES = ("podman", "crun", "runc", "docker.io", "docker-cli")
# QEMU 7.2 on RISC-V has no room for a large initramfs when RAM is a little more than 2 GiB.
_MEMORY_BYTES = 2048 * qemu.MIB
# The guest's / is an initramfs, which cannot be pivoted away from; there is no systemd.
_PODMAN = """[engine]
no_pivot_root = true
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
"""
_PREPARE = """PATH=$PATH:/busybox; busybox mkdir /busybox; busybox --install -s /busybox
mkdir -p /var/lib /var/run
until_ready() { for i in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 1; done; }
"""
_START = {
    "podman": "",
    "containerd": "containerd >/tmp/containerd 2>&1 & until_ready ctr version",
    "docker": "kill $!; DOCKER_RAMDISK=1 dockerd --bridge=none --iptables=false --ip6tables=false "
    "--storage-driver=vfs >/tmp/docker 2>&1 & until_ready docker version; "
    "tar -C /rootfs -c . | docker import - image >/dev/null",
}
_RUN = {
    "podman": "podman --storage-driver vfs run --rm --network=none --cgroups=disabled "
    "--log-driver k8s-file --security-opt seccomp=/profile.json --rootfs /rootfs",
    "containerd": "ctr run --rm --no-pivot --rootfs --seccomp --seccomp-profile /profile.json "
    "/rootfs c{number}",
    "docker": "docker run --rm --network=none --security-opt seccomp=/profile.json image",
}
ENGINES = tuple(_RUN)


def run(
    arch: str, files: Iterable[Node], commands: Sequence[Sequence[str]], profile: dict[str, Any]
) -> dict[tuple[str, str], Result]:
    """Results by (place of the command, engine)."""
    nodes = _files(arch, files, commands, profile)
    command = ["/usr/bin/busybox", "sh", "/engines.sh"]
    outcome = guest.run(arch, nodes, command, memory_bytes=_MEMORY_BYTES)
    assert outcome.status == 0, outcome.console + outcome.stderr.decode(errors="replace")
    return containers.results(outcome.stdout)


def _files(
    arch: str, files: Iterable[Node], commands: Sequence[Sequence[str]], profile: dict[str, Any]
) -> Iterator[Node]:
    for name in _PACKAGES:
        yield from guest.package_files([name], arch)
    yield from tree.from_package(packages.alone("busybox-static", arch).files)
    texts = {
        "/profile.json": json.dumps(profile),
        "/etc/containers/policy.json": '{"default": [{"type": "insecureAcceptAnything"}]}',
        "/etc/containers/containers.conf": _PODMAN,
        "/engines.sh": "\n".join(_script(commands)),
    }
    for path, text in texts.items():
        yield Node(path, stat.S_IFREG | 0o644, data=text.encode())
    for name in ("proc", "dev", "sys", "etc", "tmp", "run"):
        yield Node(f"/rootfs/{name}", stat.S_IFDIR | 0o755)
    for node in files:
        yield replace(node, path=f"/rootfs{node.path}")


def _script(commands: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _PREPARE
    for engine in ENGINES:
        yield _START[engine]
        for number, command in enumerate(commands):
            yield f"echo @@ {number} {engine}"
            yield f"{_RUN[engine].format(number=number)} {shlex.join(command)} 2>&1 </dev/null"
            yield "status=$?; echo; echo @@ status $status"
