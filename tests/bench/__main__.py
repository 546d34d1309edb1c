"""`make bench`: counts and ratios, written to docs/benchmarks.md, the raw figures beside it.

Instructions come from `-icount shift=0`, where one guest nanosecond is one instruction: the same on
every machine. Times are medians of runs that alternate with a minimal payload's, and only their
ratio means anything.
"""

from __future__ import annotations

import compileall
import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.bench import interpreter

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent
OUT = ROOT / "build" / "bench"
PAGE = ROOT / "docs" / "benchmarks.md"
HERMIPY = str(Path(sys.executable).with_name("hermipy"))
NS_PER_TICK = {"riscv64": 100, "aarch64": 16}  # QEMU virt: 10 MHz, 62.5 MHz
PAYLOAD_ADDRESS = {"riscv64": 0x8000_0000, "aarch64": 0x4020_0000}
PAYLOAD_COMMAND = {
    "riscv64": "qemu-system-riscv64 -M virt -bios none",
    "aarch64": "qemu-system-aarch64 -M virt -cpu cortex-a72",
}
ICOUNT = ("-icount", "shift=0,sleep=off,align=off")
BOOT_ROUNDS = 11
RUN_TIMEOUT_S = 120

Figures = dict[str, dict[str, float]]


def main() -> None:
    """Measure every architecture named on the command line and write the page."""
    OUT.mkdir(parents=True, exist_ok=True)
    compileall.compile_dir(ROOT / "hermipy", quiet=1)  # as pip does when it installs
    figures = {arch: measure(arch) for arch in sys.argv[1:]}
    (ROOT / "docs" / "benchmarks.json").write_text(json.dumps(figures, indent=2) + "\n")
    PAGE.write_text(page(figures))
    print(PAGE.read_text())


def measure(arch: str) -> dict[str, float]:
    """Every figure of one architecture, by name."""
    program = build_operations(arch)
    hello = ROOT / "build" / "samples" / arch / "musl" / "hello"
    figures: dict[str, float] = {}
    for mode in ("direct", "trap"):
        image = pack(program, mode, f"operations-{mode}.{arch}")
        figures |= {f"{name}, {mode}": value for name, value in operations(arch, image).items()}
    image = pack(hello, "direct", f"hello.{arch}")
    inspected = json.loads(run([HERMIPY, "inspect", "--json", str(image)]))
    figures["kernel, bytes"] = inspected["kernel_bytes"]
    figures["image, bytes"] = image.stat().st_size
    figures["program, bytes"] = hello.stat().st_size
    figures |= boot(arch, image)
    return figures | python(arch)


def python(arch: str) -> dict[str, float]:
    """How long Debian's python3 takes to say hello."""
    hello = interpreter.pack(arch, interpreter.HELLO, OUT / f"hello-python.{arch}")
    clock = interpreter.pack(arch, interpreter.CLOCK, OUT / f"clock-python.{arch}")
    counting = [*qemu_command(clock), *ICOUNT]
    return interpreter.figures(arch, hello, qemu_command(hello), counting)


def build_operations(arch: str) -> Path:
    """The program that counts instructions per operation."""
    out = OUT / f"operations.{arch}"
    flags = ["-O2", "-nostdlib", "-static", "-fno-builtin", "-ffreestanding"]
    run([f"{arch}-linux-gnu-gcc", *flags, "-o", str(out), str(HERE / "operations.c")])
    return out


def pack(program: Path, mode: str, name: str) -> Path:
    """An image of the program in one syscall mode."""
    image = OUT / name
    run([HERMIPY, "pack", "--syscalls", mode, "-o", str(image), str(program)])
    return image


def qemu_command(image: Path) -> list[str]:
    """What `hermipy run` would start, with the console on stdout."""
    return shlex.split(run([HERMIPY, "run", "--dry-run", str(image)]))


def operations(arch: str, image: Path) -> dict[str, float]:
    """Instructions per operation, the loop's own taken off."""
    out = run([*qemu_command(image), *ICOUNT])
    rows = {}
    for line in out.replace("\r", "").splitlines():
        name, ticks, rounds = line.rsplit(" ", 2)
        rows[name] = int(ticks) * NS_PER_TICK[arch] / int(rounds)
    loop = rows.pop("loop")
    return {name: value if name == "start" else value - loop for name, value in rows.items()}


def boot(arch: str, image: Path) -> dict[str, float]:
    """Milliseconds from QEMU's start to the first byte: the image, and the one-byte payload."""
    payload = OUT / f"payload.{arch}"
    place = [f"-Wl,-Ttext={PAYLOAD_ADDRESS[arch]:#x}", "-Wl,--build-id=none"]
    source = str(HERE / f"payload_{arch}.S")
    run([f"{arch}-linux-gnu-gcc", "-nostdlib", "-static", *place, "-o", str(payload), source])
    flags = "-display none -nodefaults -serial stdio -nic none -kernel"
    bare = [*shlex.split(PAYLOAD_COMMAND[arch]), *flags.split(), str(payload)]
    ours = qemu_command(image)
    pairs = [(first_byte_ms(bare), first_byte_ms(ours)) for _ in range(BOOT_ROUNDS)]
    payload_ms, image_ms = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "payload to first output, ms": payload_ms,
        "image to first output, ms": image_ms,
        "image to first output / payload": image_ms / payload_ms,
    }


def first_byte_ms(command: list[str]) -> float:
    """Start QEMU and wait for its first byte of output."""
    start = time.monotonic()
    qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert qemu.stdout is not None
    first = os.read(qemu.stdout.fileno(), 1)
    elapsed = time.monotonic() - start
    qemu.stdout.close()
    qemu.kill()
    qemu.wait()
    assert first, f"no output: {shlex.join(command)}"
    return elapsed * 1000


def run(command: list[str]) -> str:
    """A command's output; its failure ends the benchmark."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=RUN_TIMEOUT_S, check=True
    )
    return done.stdout.decode()


def page(figures: Figures) -> str:
    """The Markdown page."""
    names = list(dict.fromkeys(name for row in figures.values() for name in row))
    lines = [
        "# Benchmarks",
        "",
        "Made by `make bench`. `direct` and `trap` are instructions per operation (`-icount`,",
        "the empty loop taken off; `start` is from reset to the program's first instruction) and",
        "repeat exactly; `call` is a plain C call. Times are medians of runs that alternate with a",
        "payload that prints one byte: read their ratio, not the milliseconds. The image is a",
        "static musl hello world. `python3 hello` is Debian's `python3 -c 'print(\"hello\")'`, in",
        "processor time: the QEMU that boots the image, `hermipy run` of the image, and `hermipy",
        "run` of the package with a warm cache, each against qemu-user on the same files. The",
        "kernel has a 20th of what runs until then (1,100 page faults, 380 calls); nearly half of",
        "either emulator's time is translation, of as many blocks, and what QEMU takes longer is",
        "its MMU in software. `hermipy run` adds an interpreter's start and, for a package, a look",
        "at each of its files, their hashes, and the copy into the image.",
        "",
        "| | " + " | ".join(figures) + " |",
        "|---|" + "---:|" * len(figures),
    ]
    for name in names:
        cells = (figures[arch].get(name, float("nan")) for arch in figures)
        lines.append(
            f"| {name} | "
            + " | ".join(f"{cell:,.4g}" if cell < 1000 else f"{cell:,.0f}" for cell in cells)
            + " |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
