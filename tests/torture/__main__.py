"""`make torture`: threads, signals, files and runtimes for minutes: no fault, no leak, no surprise.

python -m tests.torture [--arch A] [--mode M] [--only WORD]
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests import samples
from tests.qemu.runs import MODES, under_qemu_user
from tests.torture import build

LIST = Path(__file__).with_name("programs.toml")
SOURCES = Path(__file__).with_name("work")
ARCHES = ("riscv64", "aarch64")
MEMORY, TIMEOUT_S, TIMED_OUT, WORKERS = "1G", 1200, 124, 2
KIB = 1024
FILES, FILE_BYTES = 16, 1 << 20  # what sysbench's fileio finds


class Verdict(StrEnum):
    """What came of one program in one mode."""

    PASS = "pass"
    FAULT = "fault"
    HANG = "hang"
    LEAK = "leak"
    DIFFER = "differ"


@dataclass(frozen=True, slots=True)
class Case:
    """A table of programs.toml."""

    name: str
    run: str
    few: int
    many: int
    says: str = ""
    grows: int = 64
    """KiB of memory in use that the longer run may have more."""

    def words(self, count: int, arch: str) -> list[str]:
        """Target and arguments."""
        target, *words = shlex.split(self.run)
        kind, _, name = target.partition(":")
        place = target if kind == "debian" else str(build.program(kind, name, arch))
        return [place, *(re.sub(r"\bN(?=M?$)", str(count), word) for word in words)]

    @property
    def is_built(self) -> bool:
        """Whether qemu-user can run it as it is."""
        return not self.run.startswith("debian:")


@dataclass(frozen=True, slots=True)
class Ran:
    """One run in an image."""

    stdout: str
    complaints: list[str]
    status: int
    memory_kib: int
    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """A line of the table."""

    case: Case
    arch: str
    mode: str
    verdict: Verdict
    why: str
    runs: tuple[Ran, ...]

    @property
    def text(self) -> str:
        """The line."""
        name = f"{self.case.name:22} {self.arch:8} {self.mode:7}"
        memory = " ".join(f"{ran.memory_kib:8}" for ran in self.runs)
        calls, seconds = sum(r.calls for r in self.runs), sum(r.seconds for r in self.runs)
        return f"{name} {seconds:6.0f} {calls:12} {memory:17} {self.verdict} {self.why}"


HEADING = (
    f"{'program':22} {'arch':8} {'mode':7} {'s':>6} {'system calls':>12} {'KiB at exit':17} verdict"
)


def cases() -> list[Case]:
    """The list."""
    return [Case(name, **fields) for name, fields in tomllib.loads(LIST.read_text()).items()]


def run(case: Case, count: int, arch: str, mode: str, work: Path) -> Ran:
    """Run it once in an image."""
    command = [
        str(Path(sys.executable).with_name("hermipy")), "run", "--stats", "--json",
        "--syscalls", mode, "--memory", MEMORY, "--timeout", str(TIMEOUT_S),
        "--add", f"{work}:/work", "--workdir", "/work",
    ]  # fmt: skip
    if not case.is_built:
        command += ["--arch", arch]
    start = time.monotonic()
    done = subprocess.run(
        [*command, *case.words(count, arch)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    lines = done.stderr.splitlines()
    facts = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return Ran(
        stdout=done.stdout,
        complaints=[line for line in lines if line.startswith("hermipy: ")],
        status=done.returncode,
        memory_kib=facts.get("memory_bytes", 0) // KIB,
        calls=sum(call["direct"] + call["trap"] for call in facts.get("calls", {}).values()),
        seconds=time.monotonic() - start,
    )


def judge(case: Case, ran: Ran, count: int, expected: str | None) -> tuple[Verdict, str]:
    """One run by itself."""
    why = ran.complaints[-1] if ran.complaints else ""
    if ran.status == TIMED_OUT:
        return Verdict.HANG, why
    if ran.status != 0:
        return Verdict.FAULT, f"exit status {ran.status} {why}"
    pattern = case.says.replace("N", str(count))
    if not re.search(pattern, ran.stdout, re.MULTILINE):
        return Verdict.DIFFER, f"does not say {pattern}"
    if expected is not None and set(ran.stdout.splitlines()) != set(expected.splitlines()):
        return Verdict.DIFFER, f"{ran.stdout[:200]!r}"
    return Verdict.PASS, ""


def torture(case: Case, arch: str, mode: str, work: Path) -> Result:
    """Both runs, and what is between them."""
    expected = None
    if case.is_built:
        place, *arguments = case.words(1, arch)
        expected = under_qemu_user(arch, Path(place), arguments)[0].decode()
    runs: list[Ran] = []
    for count in (case.few, case.many):
        runs.append(run(case, count, arch, mode, work))
        verdict, why = judge(case, runs[-1], count, expected)
        if verdict != Verdict.PASS:
            return Result(case, arch, mode, verdict, why, tuple(runs))
    grown = runs[1].memory_kib - runs[0].memory_kib
    if grown > case.grows:
        return Result(case, arch, mode, Verdict.LEAK, f"{grown} KiB more", tuple(runs))
    return Result(case, arch, mode, Verdict.PASS, "", tuple(runs))


def fill(work: Path) -> None:
    """The folder that every image has as /work."""
    for source in SOURCES.iterdir():
        (work / source.name).write_bytes(source.read_bytes())
    for number in range(FILES):
        (work / f"test_file.{number}").write_bytes(bytes(FILE_BYTES))


def main() -> None:
    """Run the list; the exit status is 1 when a program does not pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", choices=ARCHES, action="append")
    parser.add_argument("--mode", choices=MODES, action="append")
    parser.add_argument("--only", default="", help="programs whose name holds this text")
    options = parser.parse_args()
    for arch in options.arch or ARCHES:
        samples.build(arch)
    chosen = [
        (case, arch, mode)
        for case in cases()
        if options.only in case.name
        for arch in options.arch or ARCHES
        for mode in options.mode or MODES
    ]
    for case, arch, _ in chosen:  # before the workers: what is built is built once
        case.words(case.few, arch)
    print(HEADING, flush=True)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        fill(Path(folder))
        failed = 0
        for result in pool.map(lambda one: torture(*one, Path(folder)), chosen):
            print(result.text, flush=True)
            failed += result.verdict != Verdict.PASS
    print(f"{len(chosen) - failed} of {len(chosen)} pass")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
