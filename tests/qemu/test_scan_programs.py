"""Real programs: every site is found, nearly all are resolved, every rewrite is sound.

The oracle for sites is llvm-objdump, told of every extension that the programs use: without them it
would lose its place. That a rewrite keeps a program's behaviour is shown by running one whose stubs
run the original instruction, under qemu-user.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hermipy import debian, rewrite, stages
from hermipy.model import Tier
from tests import samples
from tests.command import OWN_FAILURE, hermipy
from tests.qemu.runs import in_image, under_qemu_user

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.qemu

EXTENSIONS = {
    "riscv64": "--mattr=+m,+a,+f,+d,+c,+v,+zba,+zbb,+zbs",
    "aarch64": "--mattr=+v8.5a,+sve2,+mte",
}
LEAST_RESOLVED = 0.98
MANY = 60
SESSIONS = [
    ["sha256sum", "/dev/null"],
    ["sh", "-c", "for i in 1 2 3; do echo $((i * i)) $0; done; exit 5", "name"],
    ["cat", "/nonexistent"],
    ["awk", "BEGIN { for (i = 0; i < 100; i++) print i * i / 7 }"],
    ["sh", "-c", "cd /; pwd; trap 'echo usr1' USR1; kill -USR1 $$; test -d /etc"],
]
# age and gobuster are Go programs that Debian links dynamically; static ones are run elsewhere.
PROGRAMS = {
    "busybox-static": "usr/bin/busybox",
    "bash-static": "usr/bin/bash-static",
    "age": "usr/bin/age",
    "gobuster": "usr/bin/gobuster",
}
SAMPLES = {"glibc": "threads", "musl": "threads"}


@pytest.fixture(params=[*PROGRAMS, *SAMPLES])
def file(request: pytest.FixtureRequest, arch: str) -> Path:
    name = request.param
    if name in PROGRAMS:
        return debian.package_root(name, arch) / PROGRAMS[name]
    if name == "musl":
        debian.package_root("musl-dev", arch)
    samples.build(arch)
    sample = next(one for one in samples.all_samples() if one.name == SAMPLES[name])
    return sample.binary(arch, name)


def shown_by_objdump(file: Path, arch: str) -> list[int]:
    command = ["llvm-objdump", "-d", EXTENSIONS[arch], file]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    sites = re.findall(
        r"^\s*([0-9a-f]+):.*\t(?:ecall|svc\t#0x0|svc\t#0)\s*$", listing, re.MULTILINE
    )
    return [int(address, 16) for address in sites]


def facts(*arguments: str | Path) -> dict[str, Any]:
    done = hermipy(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_sites_are_those_that_objdump_shows_and_are_resolved(file: Path, arch: str) -> None:
    found = facts("scan", file)
    sites = {site["address"]: site for site in found["sites"]}
    assert sorted(sites) == shown_by_objdump(file, arch)
    unresolved = {item["address"]: item["reason"] for item in found["unresolved"]}
    assert len(unresolved) <= len(sites) * (1 - LEAST_RESOLVED)
    for address, site in sites.items():
        assert (site["numbers"] is None) == (address in unresolved)
        assert site["evidence"]
        assert site["numbers"] or unresolved.get(address) or "no call" in site["evidence"]
        assert site["tier"] != "trap" or site["reason"]


def test_a_rewrite_is_found_sound_and_a_broken_one_is_not(
    file: Path, arch: str, tmp_path: Path
) -> None:
    out = tmp_path / "rewritten"
    report = facts("rewrite", file, "-o", out)
    checked = facts("verify", file, out)
    assert (checked["direct"], checked["trap"]) == (report["direct"], report["trap"])
    assert report["sites"] == report["direct"] + report["trap"] == len(shown_by_objdump(file, arch))
    assert all(item["reason"] for item in report["traps"])
    data, original = bytearray(out.read_bytes()), file.read_bytes()
    changed = [at for at in range(len(original)) if data[at] != original[at]]
    for at in (changed[0], changed[-1], changed[len(changed) // 2], len(original) // 2):
        broken = bytearray(data)
        broken[at] ^= 0x40
        out.write_bytes(broken)
        done = hermipy("verify", file, out)
        assert done.returncode == OWN_FAILURE, f"byte {at:#x}"
        assert done.stderr.count("\n") == 1


def identity(program: Path, out: Path, *, below: bool) -> int:
    """Write the program with sites led through stubs that run their instruction; how many.

    qemu-user takes the lowest address for the place of the program headers (Linux did so before
    5.18) and misleads libc about them when stubs lie below the program. So they may be left out.
    """
    _, subject = stages.read(program)
    plan = rewrite.make_identity_plan(subject)
    if not below:
        high = {site.site for site in plan.sites if (site.stub_address or 0) > site.site.address}
        subject = replace(subject, calls=tuple(c for c in subject.calls if c.site in high))
        plan = rewrite.make_identity_plan(subject)
    out.write_bytes(rewrite.apply(subject.data, plan))
    out.chmod(0o755)
    return sum(site.tier is not Tier.TRAP for site in plan.sites)


@pytest.mark.parametrize("arguments", SESSIONS, ids=" ".join)
def test_an_identity_rewrite_behaves_as_the_original(
    arch: str, arguments: list[str], tmp_path: Path
) -> None:
    program = debian.package_root("busybox-static", arch) / PROGRAMS["busybox-static"]
    expected = under_qemu_user(arch, program, arguments)
    out = tmp_path / "busybox"
    assert identity(program, out, below=False) > MANY
    assert under_qemu_user(arch, out, arguments) == expected
    assert identity(program, out, below=True) == len(shown_by_objdump(program, arch))
    done = in_image(out, arguments, options=["--syscalls", "trap"])
    assert (done.stdout, done.returncode) == expected, done.stderr.decode()
