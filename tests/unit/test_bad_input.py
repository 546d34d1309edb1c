"""Whatever is wrong with the user's files or machine: one line, exit 125, nothing half-written."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hermipy import elf, link, packages, process, table
from tests.command import EXIT_ONLY, OWN_FAILURE, PLAIN_USER, hermipy, own_failure

if TYPE_CHECKING:
    from collections.abc import Callable

# Every command that takes a program or an image; OUT is a file in an empty directory.
COMMANDS = {
    "scan": ["scan", "FILE"],
    "rewrite": ["rewrite", "FILE", "-o", "OUT"],
    "verify": ["verify", "FILE", "FILE"],
    "pack": ["pack", "-o", "OUT", "FILE"],
    "run": ["run", "FILE"],
    "audit": ["audit", "FILE", "--json", "OUT"],
    "inspect": ["inspect", "FILE"],
}
WRITERS = {
    "rewrite": ["rewrite", "FILE", "-o", "OUT"],
    "pack": ["pack", "-o", "OUT", "FILE"],
    "audit": ["audit", "FILE", "--json", "OUT"],
}
ARGUMENTS_FIELD = 32  # struct image_header of kernel/include/image.h
IMAGES_ONLY = "not an image"
FOREIGN = {
    "empty": (0, b"", "is empty"),
    "random": (0, bytes(range(7, 250)) * 9, "not an ELF file"),
    "script": (0, b"#!/bin/sh\necho hello\n", "script"),
    "bare script": (0, b"#!", "script"),
    "truncated magic": (0, b"\x7fEL", "truncated"),
    "32-bit": (4, b"\1", "32-bit"),
    "big-endian": (4, b"\2\2", "big-endian"),
    "no class": (4, b"\7", "makes no sense"),
    "core dump": (16, b"\4\0", "core dump"),
    "object file": (16, b"\1\0", "link it"),
    "x86-64": (18, b"\x3e\0", "x86-64"),
    "unknown machine": (18, b"\xff\xff", "machine 65535"),
    "program headers far away": (32, b"\xff" * 8, "truncated"),
    "no program headers": (56, b"\0\0", "program headers"),
}


@pytest.fixture
def program(arch: str, assemble: Callable[[str], Path]) -> Path:
    return assemble(EXIT_ONLY[arch])


@pytest.fixture
def any_program(tmp_path: Path) -> Path:
    """One architecture's, where the command cannot know yet which it is."""
    source, program = tmp_path / "any.S", tmp_path / "any"
    source.write_text(EXIT_ONLY["riscv64"] + "\n")
    gcc = ["riscv64-linux-gnu-gcc", "-nostdlib", "-static", "-o", str(program), str(source)]
    subprocess.run(gcc, check=True)
    return program


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A file to write, in a directory that is empty before and must be afterwards."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "file"


def words(command: list[str], file: Path | str, out: Path) -> list[str]:
    places = {"FILE": str(file), "OUT": str(out)}
    return [places.get(word, word) for word in command]


def damaged(program: Path, offset: int, data: bytes) -> Path:
    """The program with other bytes at an offset; at 0 these are all of it."""
    contents = bytearray(program.read_bytes())
    contents[offset : offset + len(data)] = data
    program.write_bytes(contents if offset else data)
    return program


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_that_is_no_program_of_ours(
    any_program: Path, kind: str, command: str, out: Path
) -> None:
    offset, data, message = FOREIGN[kind]
    file = damaged(any_program, offset, data)
    line = own_failure(hermipy(*words(COMMANDS[command], file, out)))
    assert (IMAGES_ONLY if command == "inspect" else message) in line
    assert str(file) in line
    assert not list(out.parent.iterdir())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("size", [40, 100, 300])
def test_a_truncated_program(program: Path, size: int, command: str, out: Path) -> None:
    program.write_bytes(program.read_bytes()[:size])
    line = own_failure(hermipy(*words(COMMANDS[command], program, out)))
    assert (IMAGES_ONLY if command == "inspect" else "truncated") in line
    assert not list(out.parent.iterdir())


@pytest.mark.parametrize("command", COMMANDS)
def test_a_missing_file(tmp_path: Path, command: str, out: Path) -> None:
    line = own_failure(hermipy(*words(COMMANDS[command], tmp_path / "absent", out)))
    assert "absent: no such file" in line


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "audit"])
@pytest.mark.parametrize("kind", ["directory", "device", "pipe"])
def test_what_is_no_regular_file_is_not_opened(
    tmp_path: Path, kind: str, command: str, out: Path
) -> None:
    places = {"directory": tmp_path, "device": Path("/dev/zero"), "pipe": tmp_path / "pipe"}
    os.mkfifo(places["pipe"])
    line = own_failure(hermipy(*words(COMMANDS[command], places[kind], out)))
    assert ("is a directory" if kind == "directory" else "not") in line


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unreadable_file(any_program: Path, command: str, out: Path) -> None:
    any_program.chmod(0)
    line = own_failure(hermipy(*words(COMMANDS[command], any_program, out), before=PLAIN_USER))
    assert f"{any_program}: permission denied" in line


@pytest.mark.parametrize("command", WRITERS)
def test_an_output_that_cannot_be_written(any_program: Path, command: str, out: Path) -> None:
    closed = out.parent / "closed"
    closed.mkdir(mode=0o500)
    for place in (
        out.parent / "absent" / "x",
        closed,
        closed / "x",
        Path("/dev/full"),
        any_program,
    ):
        arguments = words(WRITERS[command], any_program, place)
        assert "cannot write" in own_failure(hermipy(*arguments, before=PLAIN_USER)), place
    assert elf.read(any_program).arch
    assert list(out.parent.iterdir()) == [closed]
    assert not list(closed.iterdir())


@pytest.mark.parametrize("command", ["rewrite", "pack"])
def test_an_output_that_is_full_in_the_middle(any_program: Path, command: str, out: Path) -> None:
    with any_program.open("r+b") as stream:
        stream.truncate(1 << 20)
    arguments = words(WRITERS[command], any_program, out)
    assert hermipy(*arguments).returncode == 0
    before = out.read_bytes()
    line = own_failure(hermipy(*arguments, before=["prlimit", "--fsize=500000"]))
    assert f"{out}: cannot write: File too large" in line
    assert list(out.parent.iterdir()) == [out]
    assert out.read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize("command", ["rewrite", "pack"])
def test_a_full_disk(any_program: Path, command: str, out: Path) -> None:
    with any_program.open("r+b") as stream:
        stream.truncate(1 << 20)
    script = f"mount -t tmpfs -o size=256k none {out.parent} || exit 77; "
    script += f'"$@"; status=$?; ls -A {out.parent}; umount {out.parent}; exit $status'
    done = hermipy(
        *words(WRITERS[command], any_program, out),
        before=["unshare", "--mount", "--propagation=unchanged", "sh", "-c", script, "sh"],
    )
    if done.returncode == 77:
        pytest.skip("no mounting here")
    assert "No space left on device" in own_failure(done)


def test_a_cache_that_cannot_be_written(any_program: Path, out: Path) -> None:
    line = own_failure(hermipy("pack", "-o", out, any_program, XDG_CACHE_HOME="/dev/null"))
    assert "/dev/null" in line
    assert "cannot write" in line


def test_standard_output_that_is_full_or_closed(any_program: Path) -> None:
    full = ["sh", "-c", 'exec "$@" > /dev/full', "sh"]
    assert "No space left" in own_failure(hermipy("scan", any_program, before=full))
    closed = ["sh", "-c", 'exec "$@" >&-', "sh"]
    assert hermipy("scan", any_program, before=closed).stderr == ""


def only(tmp_path: Path, *tools: str) -> str:
    """A PATH with nothing but these tools."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in tools:
        (folder / tool).symlink_to(shutil.which(tool) or pytest.fail(f"{tool} is not installed"))
    return str(folder)


def test_a_missing_linker_is_named_with_its_package(
    arch: str, program: Path, tmp_path: Path, out: Path
) -> None:
    link.kernel_folder(arch)
    nothing = {"PATH": only(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for command in (["pack", "-o", out], ["run"]):
        line = own_failure(hermipy(*command, program, **nothing))
        assert "apt-get install" in line
    assert "apt-get install lld" in own_failure(hermipy("pack", "-o", out, program, **nothing))
    assert not out.exists()


def test_a_missing_qemu_is_named_with_its_package(arch: str, program: Path, tmp_path: Path) -> None:
    line = own_failure(hermipy("run", program, PATH=only(tmp_path, "ld.lld")))
    assert process.PACKAGES[f"qemu-system-{arch}"] in line


@pytest.mark.parametrize("script", ["echo it is broken >&2; exit 1", "exit 0", "kill -9 $$"])
def test_a_qemu_that_does_not_start(arch: str, program: Path, tmp_path: Path, script: str) -> None:
    path = only(tmp_path, "ld.lld", "sh")
    qemu = Path(path, f"qemu-system-{arch}")
    qemu.write_text(f"#!{path}/sh\n{script}\n")
    qemu.chmod(0o755)
    own_failure(hermipy("run", program, PATH=path))
    qemu.write_text("not a program")
    assert "Exec format error" in own_failure(hermipy("run", program, PATH=path))


@pytest.mark.parametrize("script", ["echo ld.lld: error: broken >&2; exit 1", "kill -9 $$"])
def test_a_linker_that_fails(any_program: Path, tmp_path: Path, script: str, out: Path) -> None:
    path = only(tmp_path, "sh")
    linker = Path(path, "ld.lld")
    linker.write_text(f"#!{path}/sh\n{script}\n")
    linker.chmod(0o755)
    broken = {"PATH": path, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert "ld.lld failed" in own_failure(hermipy("pack", "-o", out, any_program, **broken))
    assert not list(out.parent.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--memory", "5Q"],
        ["--memory", "much"],
        ["--memory", "0"],
        ["--memory", "-1"],
        ["--memory", "1"],
        ["--memory", "9999999G"],
        ["--timeout", "soon"],
        ["--timeout", "-1"],
        ["--timeout", "0"],
        ["--arch", "x86"],
        ["--assume", "no_such_call"],
        ["--add", "nowhere"],
        ["--add", "nowhere:/x"],
        ["--add", "/etc/passwd:x"],
        ["--rootfs", "/nowhere"],
        ["--rootfs", "/etc/passwd"],
        ["--workdir", "relative"],
        ["--env", "=x"],
        ["--syscalls", "both"],
        ["--on-missing", "panic"],
        ["--no-such-option"],
    ],
    ids=" ".join,
)
def test_an_option_that_makes_no_sense(any_program: Path, arguments: list[str]) -> None:
    assert "Traceback" not in own_failure(hermipy("run", *arguments, any_program))


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["pack", "/bin/true"], ["scan"], ["scan", "a", "b"], ["verify", "a"], ["bogus"]],
    ids=" ".join,
)
def test_a_command_line_that_makes_no_sense_names_the_help(arguments: list[str]) -> None:
    assert "--help" in own_failure(hermipy(*arguments))


def test_an_architecture_that_is_not_the_programs(arch: str, program: Path) -> None:
    other = {"riscv64": "aarch64", "aarch64": "riscv64"}[arch]
    line = own_failure(hermipy("run", "--arch", other, program))
    assert f"is for {arch}" in line


@pytest.fixture
def packed(program: Path, tmp_path: Path) -> Path:
    image = tmp_path / "image"
    assert hermipy("pack", "-o", image, program).returncode == 0
    return image


@pytest.mark.parametrize("command", [["inspect"], ["run", "--dry-run"]], ids=" ".join)
def test_an_image_with_a_damaged_description(packed: Path, command: list[str]) -> None:
    contents = bytearray(packed.read_bytes())
    contents[contents.rindex(b'"modules"') + 20] ^= 0x80
    packed.write_bytes(contents)
    assert "damaged image" in own_failure(hermipy(*command, packed))


@pytest.mark.parametrize("command", [["inspect"], ["run", "--dry-run"]], ids=" ".join)
def test_a_truncated_image(packed: Path, command: list[str]) -> None:
    contents = packed.read_bytes()
    for size in (50, 5000, len(contents) - 1):
        packed.write_bytes(contents[:size])
        own_failure(hermipy(*command, packed))


def test_an_image_whose_arguments_lie_behind_its_end(packed: Path) -> None:
    contents = bytearray(packed.read_bytes())
    block = contents.rindex(b"HMIPYIM1")
    struct.pack_into("<Q", contents, block + ARGUMENTS_FIELD, 1 << 50)
    packed.write_bytes(contents)
    assert "damaged image" in own_failure(hermipy("run", packed, "argument"))


def test_options_of_packing_are_refused_for_an_image(packed: Path) -> None:
    for option in (["--add", "/etc/passwd:/x"], ["--assume", "read"], ["--stats"]):
        assert "packed already" in own_failure(hermipy("run", *option, packed))


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An unpacked Debian package in a cache of its own: nothing is fetched."""
    cache = tmp_path / "cache/hermipy/debian" / packages.SUITE / "riscv64"
    (cache / "sets").mkdir(parents=True)
    (cache / "sets/thing.json").write_text('[["thing", "1:1.0"]]')
    folder = cache / "packages/thing_1%3a1.0"
    (folder / "files/usr/bin").mkdir(parents=True)
    return folder / "files"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("debian:", "not a package name"),
        ("debian:Not_A_Name", "not a package name"),
        ("debian:thing", "holds no program"),
        ("debian:thing:/usr/bin/absent", "has no file /usr/bin/absent"),
        ("debian:thing:../../../../etc/passwd", "has no file"),
        ("debian:thing:script", "script"),
    ],
)
def test_a_package_without_the_program(
    package: Path, tmp_path: Path, target: str, message: str, out: Path
) -> None:
    (package / "usr/bin/script").write_text("#!/bin/sh\n")
    (package / "usr/bin/script").chmod(0o755)
    for command in (["run"], ["pack", "-o", out]):
        line = own_failure(hermipy(*command, target, XDG_CACHE_HOME=str(tmp_path / "cache")))
        assert message in line
    assert not list(out.parent.iterdir())


def test_an_archive_that_cannot_be_reached(tmp_path: Path) -> None:
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    cache = str(tmp_path / "cache")
    done = hermipy("run", "debian:hello", XDG_CACHE_HOME=cache, no_proxy="", **nowhere)
    assert done.returncode == OWN_FAILURE
    assert "package" in own_failure(done)
    assert not list((tmp_path / "cache/hermipy/debian").rglob("hello"))


def test_a_segment_of_bss_alone_may_lie_behind_the_end_of_the_file(
    arch: str, assemble: Callable[[str], Path]
) -> None:
    program = assemble(EXIT_ONLY[arch] + "\n .bss\n .skip 64")
    assert hermipy("scan", program).returncode == 0


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "inspect"])
def test_a_rewritten_program_is_not_taken_for_an_original(
    program: Path, command: str, tmp_path: Path, out: Path
) -> None:
    rewritten = tmp_path / "rewritten"
    assert hermipy("rewrite", program, "-o", rewritten).returncode == 0
    line = own_failure(hermipy(*words(COMMANDS[command], rewritten, out)))
    assert "is rewritten already" in line
    assert not list(out.parent.iterdir())


def test_a_program_without_a_site_gets_the_whole_kernel(
    arch: str, assemble: Callable[[str], Path], out: Path
) -> None:
    program = assemble(".globl _start\n_start: nop")
    assert hermipy("pack", "-o", out, program).returncode == 0
    facts = json.loads(hermipy("inspect", "--json", out).stdout)
    implemented = {row.name for row in table.by_number(arch).values() if row.implemented}
    assert set(facts["syscalls"]) == implemented
    assert "no site was found" in facts["unresolved"][0]
