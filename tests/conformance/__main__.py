"""`make conformance`: Debian's programs in an image and under qemu-user, in a table in docs.

python -m tests.conformance [--arch A] [--mode M] [--only WORD] [--rest]

A run that is broken off loses nothing: every result is in docs/conformance.json as soon as it is
there, and `--rest` runs what has not passed yet.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from hermipy import cache, debian
from hermipy.errors import HermipyError
from tests.conformance import figures, inputs, oracle, programs
from tests.conformance.figures import ARCHES, Result, Verdict
from tests.conformance.programs import UNREAD, Case
from tests.qemu.runs import MODES, Given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hermipy.target import Target

LEFT = Path("build/conformance")
MEMORY = "2G"
TIMEOUT_S = 600
WORKERS = 2
OWN_FAILURE, TIMED_OUT, BY_SIGNAL = 125, 124, 128


def judge(case: Case, expected: Given, given: Given) -> tuple[Verdict, str]:
    """Compare a run in an image with the oracle's; our own lines on stderr say what is missing."""
    own = [line for line in given.stderr.splitlines() if line.startswith(b"hermipy: ")]
    theirs = b"".join(
        line for line in given.stderr.splitlines(keepends=True) if not line.startswith(b"hermipy: ")
    )
    why = own[0].decode(errors="replace").removeprefix("hermipy: ") if own else ""
    unread = {UNREAD[word]: b"" for word in case.unread}
    given = given._replace(stderr=theirs)._replace(**unread)
    expected = expected._replace(**unread)
    if given == expected:
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

    def __init__(self, arch: str, folder: Path) -> None:
        self._arch, self._folder = arch, folder
        self._work = folder / "work"
        self._roots: dict[tuple[Path, ...], Path] = {}
        self._lock = Lock()
        self._work.mkdir()
        inputs.make(self._work, arch)

    def run(self, case: Case, modes: tuple[str, ...]) -> list[Result]:
        """The case in each of the modes."""
        scratch = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            judged = self._run(case, modes, scratch)
            return [Result(case.line, self._arch, mode, *judged[mode]) for mode in modes]
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _run(
        self, case: Case, modes: tuple[str, ...], scratch: Path
    ) -> dict[str, tuple[Verdict, str]]:
        name = case.target if ":" in case.target else f"{case.target}:{_path(case.command[0])}"
        try:
            target = debian.fetch(name, self._arch)
        except HermipyError as error:
            return dict.fromkeys(modes, (Verdict.NO_PACKAGE, str(error)))
        stdin = (self._work / case.stdin).read_bytes() if case.stdin else b""
        program = f"/{target.guest_path}".replace("//", "/")
        command = ["-0", target.name, program, *case.command[1:]]
        try:
            root = self._root(target)
            expected = oracle.run(self._arch, root, scratch, self._work, command, stdin)
        except subprocess.TimeoutExpired:
            return dict.fromkeys(modes, (Verdict.NO_ORACLE, "qemu-user does not end"))
        if b"qemu: " in expected.stderr[:8]:  # it comes in two writes
            return dict.fromkeys(modes, (Verdict.NO_ORACLE, "qemu-user fails"))
        judged = {}
        for mode in modes:
            given = self._in_image(name, case, mode, stdin)
            judged[mode] = judge(case, expected, given)
            if judged[mode][0] != Verdict.PASS:
                _leave(LEFT / f"{case.slug}-{mode}", expected, given)
        return judged

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


def _leave(folder: Path, expected: Given, given: Given) -> None:
    """What a failed run printed, for who looks into it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, one in (("expected", expected), ("given", given)):
        (folder / f"{name}.stdout").write_bytes(one.stdout)
        (folder / f"{name}.stderr").write_bytes(one.stderr)
        (folder / f"{name}.status").write_text(f"{one.status}\n")


def _path(word: str) -> str:
    return word if word.startswith("/") else f"/usr/bin/{word}"


def main() -> None:
    """Run the list; the exit status is 1 when a command does not pass."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--arch", choices=ARCHES, action="append")
    parser.add_argument("--mode", choices=MODES, action="append")
    parser.add_argument("--only", default="", help="commands that hold this text")
    parser.add_argument("--rest", action="store_true", help="what has not passed, not all")
    options = parser.parse_args()
    counts = Counter[Verdict]()
    for arch in options.arch or ARCHES:
        chosen = [
            (programs.case(line, arch), modes)
            for line in programs.lines()
            if options.only in line
            and (modes := _modes(line, arch, options.mode or MODES, rest=options.rest))
        ]
        for result in _of_arch(arch, chosen):
            figures.add(result)
            counts[result.verdict] += 1
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    sys.exit(counts.total() != counts[Verdict.PASS])


def _modes(line: str, arch: str, modes: tuple[str, ...], *, rest: bool) -> tuple[str, ...]:
    """Those in which the line is to run: with `rest`, in which it has not passed."""
    known = figures.load() if rest else {}
    passed = {key for key, one in known.items() if one.verdict == Verdict.PASS}
    return tuple(mode for mode in modes if (line, arch, mode) not in passed)


def _of_arch(arch: str, chosen: list[tuple[Case, tuple[str, ...]]]) -> Iterator[Result]:
    place = tempfile.TemporaryDirectory(dir=cache.folder())  # where hard links to packages can be
    with place as folder, ThreadPoolExecutor(WORKERS) as pool:
        runner = Runner(arch, Path(folder))
        begun = [pool.submit(runner.run, *one) for one in chosen]
        for index, done in enumerate(as_completed(begun), 1):
            for one in done.result():
                where = f"[{index}/{len(chosen)}] {arch} {one.mode}"
                print(f"{where} {one.verdict}: {one.line} {one.why}", flush=True)
                yield one


if __name__ == "__main__":
    main()
