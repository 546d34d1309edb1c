"""Random syscall sequences, compared between qemu-user and an image.

The same static program (`sequence.c`) makes them in both. A difference that `known.py` does not
explain is cut down to the fewest steps that show it, and printed.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sequences.generate import Sequence, Step, sequence
from tests.sequences.known import explained, spoils

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).with_name("sequence.c")
HERMIPY = str(Path(sys.executable).with_name("hermipy"))
TMPFS = Path("/dev/shm")  # the oracle's file system has to be a tmpfs
GUEST = "/work"
BATCH = 100  # sequences per boot
LENGTH = 18
TIMEOUT_S = 60
CPU_LIMIT_S = 10
ARCHES = ("riscv64", "aarch64")

Answers = dict[int, list[str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first step of a sequence that did not give the same."""

    sequence: Sequence
    step: int
    oracle: tuple[str, ...]
    image: tuple[str, ...]

    def __str__(self) -> str:
        steps = [f"    {step.text}" for step in self.sequence.steps[: self.step + 1]]
        return "\n".join(
            (
                f"sequence {self.sequence.seed}:",
                *steps,
                f"  Linux: {' '.join(self.oracle)}",
                f"  image: {' '.join(self.image)}",
            )
        )


def build(arch: str, folder: Path) -> Path:
    """The interpreter."""
    binary = folder / f"sequence.{arch}"
    gcc = [f"{arch}-linux-gnu-gcc", "-O1", "-static", "-Wno-unused-result"]
    subprocess.run([*gcc, "-o", str(binary), str(SOURCE)], check=True)
    return binary


# --- running --------------------------------------------------------------------------------------


def _text(sequences: list[Sequence]) -> bytes:
    return "".join(each.lines(number) for number, each in enumerate(sequences)).encode()


def _answers(output: bytes) -> tuple[Answers, bool]:
    """What each sequence printed, and whether the interpreter came to its end."""
    answers: Answers = {}
    lines = output.decode(errors="replace").splitlines()
    current: list[str] = []
    for line in lines:
        if line.startswith("S "):
            current = answers.setdefault(int(line[2:]), [])
        else:
            current.append(line)
    ended = bool(lines) and lines[-1] == "end"
    if ended:
        current.pop()
    return answers, ended


def under_qemu_user(arch: str, program: Path, sequences: list[Sequence]) -> Answers:
    """The oracle's answers; none for a sequence in which it hangs or dies."""
    answers: Answers = {}
    start = 0
    while start < len(sequences):
        with tempfile.TemporaryDirectory(prefix="hermipy-test.", dir=TMPFS) as folder:
            done = _limited([f"qemu-{arch}", str(program), folder], _text(sequences[start:]))
        new, ended = _answers(done.stdout)
        if not new:
            raise SystemExit(f"qemu-user: status {done.returncode}, {done.stderr!r}")
        last = max(new)
        if not ended:
            del new[last]
            print(f"qemu-user: status {done.returncode} in {sequences[start + last].seed}")
        answers |= {start + number: lines for number, lines in new.items()}
        start += last + 1
    return answers


def _limited(command: list[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    """A write fault that qemu-user cannot make sense of repeats for ever: not for long."""

    def limit_cpu() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT_S, CPU_LIMIT_S))

    try:
        return subprocess.run(
            command, input=given, capture_output=True, check=False, timeout=TIMEOUT_S,
            preexec_fn=limit_cpu,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(command, 124, error.stdout or b"", b"hangs")


def in_image(arch: str, program: Path, sequences: list[Sequence], mode: str) -> Answers:
    """The image's answers."""
    with tempfile.TemporaryDirectory(prefix="hermipy-test.") as folder:
        command = [
            HERMIPY, "run", "--arch", arch, "--syscalls", mode, "--memory", "256M",
            "--timeout", str(TIMEOUT_S - 30), "--add", f"{folder}:{GUEST}", str(program), GUEST,
        ]  # fmt: skip
        done = subprocess.run(
            command, input=_text(sequences), capture_output=True, timeout=TIMEOUT_S, check=False
        )
    answers, ended = _answers(done.stdout)
    if not ended:
        last = max(answers, default=-1)
        answers.setdefault(last, []).append(f"stopped with {done.returncode}: {done.stderr!r}")
    return answers


# --- comparing ------------------------------------------------------------------------------------


def by_step(each: Sequence, lines: list[str]) -> list[tuple[str, ...]]:
    """The lines that belong to each step: a call starts with its slot, a touch with @."""
    parts: list[list[str]] = [[] for _ in each.steps]
    starts = {str(step.slot): index for index, step in enumerate(each.steps) if step.slot >= 0}
    touches = iter([index for index, step in enumerate(each.steps) if step.slot < 0])
    pending: list[str] = []
    current: list[str] = pending
    for line in lines:
        head = line.split(" ", 1)[0]
        if head in starts:
            current = parts[starts[head]]
        elif head == "@":
            current = parts[next(touches)]
        if head == "!":
            # A handler runs before the call that raised the signal is over.
            pending.append(line)
            continue
        current += [*pending, line]
        pending = []
    current += pending
    return [tuple(part) for part in parts]


def difference(each: Sequence, oracle: list[str], image: list[str]) -> Difference | None:
    """The first one without an explanation; behind an explained one all may be different."""
    if oracle == image:
        return None
    answers = by_step(each, oracle)
    for index, (expected, given) in enumerate(zip(answers, by_step(each, image), strict=True)):
        if spoils(each.steps[index], expected):
            return None
        if expected != given:
            known = explained(each, answers[: index + 1], given)
            if known is None:
                return Difference(each, index, expected, given)
            if not known.goes_on:
                return None
    return None


def differences(
    arch: str, program: Path, sequences: list[Sequence], mode: str
) -> Iterator[Difference]:
    """Those of one boot."""
    oracle = under_qemu_user(arch, program, sequences)
    image = in_image(arch, program, sequences, mode)
    for number, each in enumerate(sequences):
        if number not in oracle:
            continue
        if number not in image:
            return
        found = difference(each, oracle[number], image[number])
        if found is not None:
            yield found


def shrink(arch: str, program: Path, found: Difference, mode: str) -> Difference:
    """Leave out whatever the difference does not need; one boot tries every step."""
    steps = found.sequence.steps[: found.step + 1]
    best = replace(found, sequence=Sequence(found.sequence.seed, steps))
    target = steps[-1]
    while len(best.sequence.steps) > 1:
        smaller = [
            candidate
            for candidate in differences(arch, program, _shorter(best.sequence), mode)
            if candidate.sequence.steps[candidate.step] == target
        ]
        if not smaller:
            return best
        best = min(smaller, key=lambda each: len(each.sequence.steps))
        best = replace(
            best, sequence=Sequence(best.sequence.seed, best.sequence.steps[: best.step + 1])
        )
    return best


def _shorter(each: Sequence) -> list[Sequence]:
    """Without any half, quarter, ... and single step; the last one stays."""
    before, last = each.steps[:-1], each.steps[-1]
    tried: list[tuple[Step, ...]] = []
    size = len(before)
    while size > 0:
        starts = range(0, len(before), size)
        tried += [(*before[:start], *before[start + size :], last) for start in starts]
        size //= 2
    return [Sequence(each.seed, steps) for steps in tried]


# --- the sweep ------------------------------------------------------------------------------------


def batches(arch: str, seed: int, count: int, length: int) -> Iterator[list[Sequence]]:
    """Random sequences, as many as go into a boot."""
    for start in range(seed, seed + count, BATCH):
        numbers = range(start, min(start + BATCH, seed + count))
        yield [sequence(each, arch, random.Random(each), length) for each in numbers]
