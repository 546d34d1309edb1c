"""Every sample, with each libc and in both modes, does what its header and qemu-user say."""

from __future__ import annotations

import re
import subprocess

import pytest

from hermipy import table
from tests.qemu.runs import MODES, in_image, under_qemu_user
from tests.samples import Sample, all_samples, build

pytestmark = pytest.mark.qemu

SAMPLES = {sample.name + sample.source.suffix: sample for sample in all_samples()}


@pytest.fixture(scope="session", autouse=True)
def built(pytestconfig: pytest.Config) -> None:
    only = pytestconfig.getoption("--arch")
    for arch in [only] if only else table.ARCHES:
        build(arch)


def run_in_image(
    sample: Sample, arch: str, libc: str, mode: str
) -> subprocess.CompletedProcess[bytes]:
    options = ["--syscalls", mode]
    for setting in sample.environment(arch):
        options += ["--env", setting]
    binary, arguments = sample.binary(arch, libc), list(sample.arguments)
    return in_image(binary, arguments, options=options, stdin=sample.stdin)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SAMPLES)
def test_sample_does_in_an_image_what_it_says(arch: str, name: str, mode: str) -> None:
    sample = SAMPLES[name]
    for libc in sample.built(arch):
        done = run_in_image(sample, arch, libc, mode)
        assert (done.stdout, done.returncode) == (sample.expect, sample.status), (libc, done.stderr)


def oracles() -> list[str]:
    """The samples for which this machine's qemu-user is one."""
    told = subprocess.run(["qemu-riscv64", "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version ([0-9]+)", told.stdout)
    assert found
    return [
        name
        for name, sample in SAMPLES.items()
        if not sample.unfaithful or int(found[1]) < sample.unfaithful_from
    ]


@pytest.mark.parametrize("name", oracles())
def test_sample_does_under_qemu_user_what_it_says(arch: str, name: str) -> None:
    sample = SAMPLES[name]
    for libc in sample.built(arch):
        binary, arguments = sample.binary(arch, libc), list(sample.arguments)
        given = under_qemu_user(
            arch, binary, arguments, stdin=sample.stdin, variables=sample.environment(arch)
        )
        assert given == (sample.expect, sample.status), libc
