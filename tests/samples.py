"""Build samples/ for both architectures, with glibc and musl; say what each must print.

All are built static, and a few also dynamic, against the cross gcc's glibc.

A sample's first comment is its specification: `syscalls:` that it must make, `args:`, `stdin:`,
`env:` one by one, `status:`, and `expect:` line by line (standard output). `qemu-user:` names a
point in which the oracle is not faithful, `qemu-user from 10:` one in which it is not since that
version. A sample of several objects has a `part:` for each library: its path below the parts'
folder and its options; `link:` has the program's options.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy import debian, process
from hermipy.errors import HermipyError, NoArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "samples"
OUT = ROOT / "build" / "samples"
# Those that lean on what is another object in a dynamic program: libc's start, threads, signals,
# vDSO, file mappings, C++'s library and the unwinder.
_DYNAMIC = ("arguments", "clocks", "fault_handler", "file_mapping", "hello", "jit", "threads")


@dataclass(frozen=True, slots=True)
class Sample:
    """One program and what it must do."""

    name: str
    source: Path
    syscalls: tuple[str, ...]
    arguments: tuple[str, ...]
    stdin: bytes
    status: int
    expect: bytes
    unfaithful: str
    """Why qemu-user gives something else; empty when it is the oracle."""
    unfaithful_from: int
    """The major version of qemu-user with which that began; 0: always."""
    parts: tuple[str, ...] = ()
    link: str = ""
    variables: tuple[str, ...] = ()

    def binary(self, arch: str, libc: str) -> Path:
        """Where the built program lies."""
        return OUT / arch / libc / self.name

    def libcs(self, arch: str) -> tuple[str, ...]:
        """Assembly samples have no libc and belong to one architecture."""
        if self.source.suffix == ".S":
            return ("none",) if self.source.parent.name == arch else ()
        if self.parts:
            return ("dynamic",)
        if self.source.suffix == ".cc":
            return ("glibc", "dynamic")
        return ("glibc", "musl", "dynamic") if self.name in _DYNAMIC else ("glibc", "musl")

    def folder(self, arch: str) -> Path:
        """Where its parts lie."""
        return OUT / arch / "dynamic" / f"{self.name}.parts"

    def environment(self, arch: str) -> tuple[str, ...]:
        """What it wants of its environment, `K=V`."""
        return tuple(self._filled(text, arch) for text in self.variables)

    def objects(self, arch: str) -> Iterator[tuple[Path, list[str]]]:
        """Each part, and the options that make it; the program is the last."""
        for part in self.parts:
            name, *options = self._filled(part, arch).split()
            yield (
                self.folder(arch) / name,
                ["-shared", "-fPIC", f"-Wl,-soname,{Path(name).name}", *options],
            )
        yield self.binary(arch, "dynamic"), self._filled(self.link, arch).split()

    def _filled(self, text: str, arch: str) -> str:
        folder = self.folder(arch)
        return text.replace("{parts}", str(folder)).replace("{folder}", folder.name)

    def built(self, arch: str) -> tuple[str, ...]:
        """Those that `build` could build here."""
        return tuple(libc for libc in self.libcs(arch) if self.binary(arch, libc).is_file())


def all_samples() -> list[Sample]:
    """Every sample, by name."""
    sources = [*SOURCES.glob("*.c"), *SOURCES.glob("*.cc"), *SOURCES.glob("*/*.S")]
    return [_read(source) for source in sorted(sources)]


def _read(source: Path) -> Sample:
    fields: dict[str, list[str]] = {}
    since = 0
    for line in source.read_text().splitlines():
        match = re.match(r"// ([a-z-]+)(?: from ([0-9]+))?:(?: (.*))?$", line)
        if match:
            fields.setdefault(match[1], []).append(match[3] or "")
            since = int(match[2] or since)
    expect = "".join(f"{line}\n" for line in fields.get("expect", []))
    return Sample(
        name=source.stem,
        source=source,
        syscalls=tuple(fields["syscalls"][0].split()),
        arguments=tuple(shlex.split(fields.get("args", [""])[0])),
        stdin=fields.get("stdin", [""])[0].replace("\\n", "\n").encode(),
        status=int(fields["status"][0]),
        expect=expect.encode(),
        unfaithful=fields.get("qemu-user", [""])[0],
        unfaithful_from=since,
        parts=tuple(fields.get("part", [])),
        link=fields.get("link", [""])[0],
        variables=tuple(fields.get("env", [])),
    )


def build(arch: str) -> None:
    """Build what is older than its source; raises HermipyError with the compiler's first line.

    Where no package archive can be reached there is no musl: its samples are left out.
    """
    left_out = _without_musl(arch)
    if left_out:
        print(f"samples: no musl for {arch}, only glibc: {left_out}", flush=True)
    for sample in all_samples():
        for libc in sample.libcs(arch):
            if libc == "musl" and left_out:
                continue
            out = sample.binary(arch, libc)
            if out.is_file() and out.stat().st_mtime >= sample.source.stat().st_mtime:
                continue
            compiler = _compiler(arch, libc, sample.source)
            objects = sample.objects(arch) if sample.parts else [(out, list[str]())]
            for path, options in objects:
                path.parent.mkdir(parents=True, exist_ok=True)
                unfinished = path.with_suffix(f".{os.getpid()}")
                process.run([*compiler, *options, "-o", str(unfinished)])
                unfinished.replace(path)


def _without_musl(arch: str) -> str:
    """Why there is no musl; empty: there is."""
    try:
        debian.package_root("musl-dev", arch)
    except NoArchiveError as error:
        return str(error)
    return ""


def _compiler(arch: str, libc: str, source: Path) -> list[str]:
    if libc == "none":
        return [f"{arch}-linux-gnu-gcc", "-static", "-nostdlib", str(source)]
    if libc in ("glibc", "dynamic"):
        tool = ["g++", "-std=c++20"] if source.suffix == ".cc" else ["gcc"]
        static = ["-static"] if libc == "glibc" else []
        gcc = [f"{arch}-linux-gnu-{tool[0]}", *tool[1:], "-O2", "-Wno-unused-result"]
        return [*gcc, *static, "-pthread", str(source)]
    headers, library = _musl(arch)
    start = [str(library / name) for name in ("crt1.o", "crti.o")]
    builtins = process.run([f"{arch}-linux-gnu-gcc", "-print-libgcc-file-name"]).strip()
    clang = ["clang", f"--target={arch}-linux-musl", "-O2", "-static", "-fuse-ld=lld", "-w"]
    return [
        *clang, "-nostdlibinc", "-isystem", str(headers), "-nostdlib", *start, str(source),
        "-L", str(library), "-lc", builtins, "-lc", str(library / "crtn.o"),
    ]  # fmt: skip


def _musl(arch: str) -> tuple[Path, Path]:
    """Headers and library of Debian's musl.

    Without debug sections: their relocations are newer than bookworm's lld.
    """
    root = debian.package_root("musl-dev", arch)
    name = f"{arch}-linux-musl"
    library = OUT.parent / "musl" / arch
    library.mkdir(parents=True, exist_ok=True)
    for file in ("crt1.o", "crti.o", "crtn.o", "libc.a"):
        if not (library / file).is_file():
            source = str(root / "usr/lib" / name / file)
            process.run(["llvm-objcopy", "--strip-debug", source, str(library / file)])
    return root / "usr/include" / name, library


def main() -> None:
    """`python -m tests.samples build ARCH...`."""
    try:
        for arch in sys.argv[2:]:
            build(arch)
    except HermipyError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
