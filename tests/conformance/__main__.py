"""`make conformance`: Debian's programs in an image and under qemu-user, in a table in docs.

python -m tests.conformance [--arch A] [--mode M] [--only WORD]
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from hermipy import cache, debian
from hermipy.errors import HermipyError
from tests.conformance import inputs, oracle
from tests.qemu.runs import MODES, Given

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hermipy.target import Target

LIST = Path(__file__).with_name("programs.txt")
PAGE = Path("docs/conformance.md")
FIGURES = Path("docs/conformance.json")
ARCHES = ("riscv64", "aarch64")
MEMORY = "2G"
TIMEOUT_S = 600
WORKERS = 2
OWN_FAILURE, TIMED_OUT, BY_SIGNAL = 125, 124, 128
MACHINE = {"riscv64": "riscv64", "aarch64": "arm64"}


class Verdict(StrEnum):
    """What came of one command in one mode."""

    PASS = "pass"
    DIFFER = "differ"
    MISSING = "missing syscall"
    CRASH = "crash"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_ORACLE = "no oracle"
    NO_PACKAGE = "no package"


@dataclass(frozen=True, slots=True)
class Case:
    """A line of programs.txt."""

    target: str
    command: tuple[str, ...]
    stdin: str | None

    @property
    def text(self) -> str:
        """As the table shows it."""
        return shlex.join(self.command) + (f" < {self.stdin}" if self.stdin else "")


@dataclass(frozen=True, slots=True)
class Result:
    """A case's verdict, with the first thing that says why."""

    case: Case
    arch: str
    mode: str
    verdict: Verdict
    why: str = ""


def cases(lines: Iterable[str], arch: str) -> Iterator[Case]:
    """The list's commands."""
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        target, _, rest = line.replace("ARCH", MACHINE[arch]).partition(": ")
        words = shlex.split(rest)
        stdin = words.pop() if len(words) > 1 and words[-2] == "<" else None
        yield Case(target, tuple(words[:-1] if stdin else words), stdin)


def judge(expected: Given, given: Given) -> tuple[Verdict, str]:
    """Compare a run in an image with the oracle's; our own lines on stderr say what is missing."""
    own = [line for line in given.stderr.splitlines() if line.startswith(b"hermipy: ")]
    theirs = b"".join(
        line for line in given.stderr.splitlines(keepends=True) if not line.startswith(b"hermipy: ")
    )
    why = own[0].decode(errors="replace").removeprefix("hermipy: ") if own else ""
    if (given.stdout, theirs, given.status) == expected:
        return Verdict.PASS, why
    if given.status == OWN_FAILURE:
        return Verdict.REFUSED, why
    if given.status == TIMED_OUT:
        return Verdict.TIMEOUT, why
    if any(b"not implemented" in line or b"not linked" in line for line in own):
        return Verdict.MISSING, why
    if given.status > BY_SIGNAL and given.status != expected.status:
        return Verdict.CRASH, why or f"exit status {given.status}"
    return Verdict.DIFFER, why or _difference(expected, given)


def _difference(expected: Given, given: Given) -> str:
    if expected.status != given.status:
        return f"exit status {given.status}, not {expected.status}"
    pairs = (("stdout", expected.stdout, given.stdout), ("stderr", expected.stderr, given.stderr))
    for name, wanted, got in pairs:
        lines = wanted.splitlines(), got.splitlines()
        for number, (one, other) in enumerate(zip(*lines, strict=False), 1):
            if one != other:
                return f"{name} line {number}: {other[:60]!r}, not {one[:60]!r}"
        if len(lines[0]) != len(lines[1]):
            return f"{name}: {len(lines[1])} lines, not {len(lines[0])}"
    return "white space"


class Runner:
    """Runs cases of one architecture; the oracle's roots are made once per package."""

    def __init__(self, arch: str, folder: Path, modes: tuple[str, ...]) -> None:
        self._arch, self._folder, self._modes = arch, folder, modes
        self._work = folder / "work"
        self._roots: dict[tuple[Path, ...], Path] = {}
        self._lock = Lock()
        self._work.mkdir()
        inputs.make(self._work, arch)

    def run(self, case: Case) -> list[Result]:
        """The case in each mode."""
        scratch = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            return self._run(case, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _run(self, case: Case, scratch: Path) -> list[Result]:
        name = case.target if ":" in case.target else f"{case.target}:{_path(case.command[0])}"
        try:
            target = debian.fetch(name, self._arch)
        except HermipyError as error:
            return self._all(case, Verdict.NO_PACKAGE, str(error))
        stdin = (self._work / case.stdin).read_bytes() if case.stdin else b""
        program = f"/{target.guest_path}".replace("//", "/")
        command = [program, *case.command[1:]]
        try:
            root = self._root(target)
            expected = oracle.run(self._arch, root, scratch, self._work, command, stdin)
        except subprocess.TimeoutExpired:
            return self._all(case, Verdict.NO_ORACLE, "qemu-user does not end")
        if expected.stderr.startswith(b"qemu: "):
            return self._all(case, Verdict.NO_ORACLE, "qemu-user fails")
        results = []
        for mode in self._modes:
            verdict, why = judge(expected, self._in_image(name, case, mode, stdin))
            results.append(Result(case, self._arch, mode, verdict, why))
        return results

    def _root(self, target: Target) -> Path:
        with self._lock:
            if target.roots not in self._roots:
                folder = self._folder / f"root{len(self._roots)}"
                oracle.merge(target, folder)
                self._roots[target.roots] = folder
            return self._roots[target.roots]

    def _in_image(self, name: str, case: Case, mode: str, stdin: bytes) -> Given:
        command = [
            str(Path(sys.executable).with_name("hermipy")), "run", "--arch", self._arch,
            "--syscalls", mode, "--memory", MEMORY, "--timeout", str(TIMEOUT_S),
            "--add", f"{self._work}:{oracle.WORK}", "--workdir", oracle.WORK,
            f"debian:{name}", *case.command[1:],
        ]  # fmt: skip
        done = subprocess.run(command, input=stdin, capture_output=True, check=False)
        return Given(done.stdout, done.stderr, done.returncode)

    def _all(self, case: Case, verdict: Verdict, why: str) -> list[Result]:
        return [Result(case, self._arch, mode, verdict, why) for mode in self._modes]


def _path(word: str) -> str:
    return word if word.startswith("/") else f"/usr/bin/{word}"


def page(results: list[Result]) -> str:
    """The Markdown table."""
    lines = [
        "# Conformance",
        "",
        "Made by `make conformance`: each command of `tests/conformance/programs.txt`, a program",
        "of Debian's archive in an image and under qemu-user, with equal standard output, standard",
        "error and exit status (pass) or not.",
        "",
        "| architecture | mode | " + " | ".join(Verdict) + " |",
        "|---|---|" + "---:|" * len(Verdict),
    ]
    for arch, mode in sorted({(one.arch, one.mode) for one in results}):
        counts = Counter(one.verdict for one in results if (one.arch, one.mode) == (arch, mode))
        cells = " | ".join(str(counts[verdict]) for verdict in Verdict)
        lines.append(f"| {arch} | {mode} | {cells} |")
    lines += ["", "| package | command | architecture | mode | verdict | why |"]
    lines.append("|---|---|---|---|---|---|")
    for one in results:
        text = one.case.text.replace("|", "\\|")
        why = one.why.replace("|", "\\|").replace("\n", " ")
        package = one.case.target.partition(":")[0]
        cells = (package, f"`{text}`", one.arch, one.mode, one.verdict, why)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the list; the exit status is 1 when a command does not pass."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", choices=ARCHES, action="append")
    parser.add_argument("--mode", choices=MODES, action="append")
    parser.add_argument("--only", default="", help="commands that hold this text")
    options = parser.parse_args()
    results = [
        result
        for arch in options.arch or ARCHES
        for result in _of_arch(arch, tuple(options.mode or MODES), options.only)
    ]
    if not options.only:
        PAGE.write_text(page(results))
        FIGURES.write_text(json.dumps([_record(one) for one in results], indent=1) + "\n")
    counts = Counter(one.verdict for one in results)
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    sys.exit(counts[Verdict.PASS] != len(results))


def _record(one: Result) -> dict[str, str]:
    return {
        "target": one.case.target, "command": one.case.text, "arch": one.arch,
        "mode": one.mode, "verdict": one.verdict, "why": one.why,
    }  # fmt: skip


def _of_arch(arch: str, modes: tuple[str, ...], only: str) -> Iterator[Result]:
    place = tempfile.TemporaryDirectory(dir=cache.folder())  # where hard links to packages can be
    with place as folder, ThreadPoolExecutor(WORKERS) as pool:
        runner = Runner(arch, Path(folder), modes)
        listed = cases(LIST.read_text().splitlines(), arch)
        chosen = [case for case in listed if only in f"{case.target}: {case.text}"]
        for index, results in enumerate(pool.map(runner.run, chosen), 1):
            for one in results:
                where = f"[{index}/{len(chosen)}] {arch} {one.mode}"
                print(f"{where} {one.verdict}: {one.case.text} {one.why}", flush=True)
                yield one


if __name__ == "__main__":
    main()
