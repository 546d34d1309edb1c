"""Every sample, with both libcs and in both syscall modes, does in an image what its header and qemu-user say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hermipy import table
from tests.samples import Sample, all_samples, build

pytestmark = pytest.mark.qemu

MODES = ("direct", "trap")
TIMEOUT_S = 60
SAMPLES = {sample.name + sample.source.suffix: sample for sample in all_samples()}


@pytest.fixture(scope="session", autouse=True)
def built(pytestconfig: pytest.Config) -> None:
    only = pytestconfig.getoption("--arch")
    for arch in [only] if only else table.ARCHES:
        build(arch)


def hermipy(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [str(Path(sys.executable).with_name("hermipy")), *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=TIMEOUT_S, check=False)


def run_in_image(sample: Sample, binary: Path, mode: str) -> subprocess.CompletedProcess[bytes]:
    options = ["--syscalls", mode, "--timeout", str(TIMEOUT_S - 10)]
    return hermipy("run", *options, str(binary), *sample.arguments, stdin=sample.stdin)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SAMPLES)
def test_sample_does_in_an_image_what_it_says(arch: str, name: str, mode: str) -> None:
    sample = SAMPLES[name]
    for libc in sample.libcs(arch):
        done = run_in_image(sample, sample.binary(arch, libc), mode)
        assert (done.stdout, done.returncode) == (sample.expect, sample.status), (libc, done.stderr)


@pytest.mark.parametrize("name", [name for name, sample in SAMPLES.items() if not sample.unfaithful])
def test_sample_does_under_qemu_user_what_it_says(arch: str, name: str) -> None:
    sample = SAMPLES[name]
    for libc in sample.libcs(arch):
        command = [f"qemu-{arch}", str(sample.binary(arch, libc)), *sample.arguments]
        done = subprocess.run(command, input=sample.stdin, capture_output=True, timeout=TIMEOUT_S, check=False)
        status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        assert (done.stdout, status) == (sample.expect, sample.status), libc
