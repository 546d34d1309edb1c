"""The search for libraries, on files that gcc makes: what ld.so would find is found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hermipy import objects, tree
from hermipy.closure import Closure
from hermipy.errors import MissingLibraryError
from hermipy.files import Files
from hermipy.objects import Wanted


class World:
    """A program and its libraries, built where a test wants them."""

    def __init__(self, arch: str, folder: Path) -> None:
        self.arch = arch
        self.folder = folder
        self.sysroot = Path(f"/usr/{arch}-linux-gnu")

    def library(self, path: str, *options: str) -> Path:
        out = self.folder / path
        out.parent.mkdir(parents=True, exist_ok=True)
        name = out.name.partition(".so")[0].removeprefix("lib")
        self._gcc(out, f"int {name}(void) {{ return 1; }}", "-shared", "-fPIC",
                  f"-Wl,-soname,{out.name}", *options)  # fmt: skip
        return out

    def program(self, path: str, *options: str) -> Path:
        out = self.folder / path
        out.parent.mkdir(parents=True, exist_ok=True)
        self._gcc(out, "int main(void) { return 0; }", "-Wl,--no-as-needed", *options,
                  "-Wl,--allow-shlib-undefined", "-Wl,--unresolved-symbols=ignore-all")  # fmt: skip
        return out

    def _gcc(self, out: Path, source: str, *options: str) -> None:
        command = [f"{self.arch}-linux-gnu-gcc", "-x", "c", "-", "-x", "none", "-o", str(out)]
        subprocess.run([*command, *options], input=source.encode(), check=True)

    def found(self, program: Path, **options: str) -> set[str]:
        """The guest's paths of the program's libraries, without libc's."""
        path = objects.natural_path(program) or f"/{program.name}"
        below = objects.places(program, self.arch, None)
        wanted = Wanted(path, self.arch, direct=False, below=below, **options)
        nodes = tree.build([tree.node(program, path)], self.added())
        counted = objects.gather(nodes, wanted)[1].counted
        return {name for name in counted if "/lib" in name and "thing" in name}

    def added(self) -> list[tree.Node]:
        """Everything in the folder `add`, as --add would bring it."""
        add = self.folder / "add"
        return list(tree.from_folder(add)) if add.is_dir() else []


@pytest.fixture
def world(arch: str, tmp_path: Path) -> World:
    return World(arch, tmp_path)


@pytest.mark.parametrize("tag", ["--enable-new-dtags", "--disable-new-dtags"])
def test_origin_is_the_folder_of_the_object_that_says_it(world: World, tag: str) -> None:
    inner = world.library("plug/in/libthing2.so.1")
    run_path = f"-Wl,{tag},-rpath,$ORIGIN/../plug/in"
    outer = world.library("lib/libthing1.so.1", run_path, "-Wl,--no-as-needed", str(inner))
    program = world.program("bin/app", str(outer), f"-Wl,{tag},-rpath,$ORIGIN/../lib")
    assert world.found(program) == {str(outer), str(inner)}


def test_a_library_that_nobody_has_is_named_with_who_needs_it(world: World) -> None:
    inner = world.library("libthing2.so.1")
    outer = world.library("lib/libthing1.so.1", "-Wl,--no-as-needed", str(inner))
    inner.unlink()
    program = world.program("bin/app", str(outer), "-Wl,-rpath,$ORIGIN/../lib")
    with pytest.raises(MissingLibraryError, match=r"libthing2\.so\.1 \(for .*libthing1\.so\.1\)"):
        world.found(program)


def test_runpath_does_not_serve_the_libraries_of_libraries_and_rpath_does(world: World) -> None:
    inner = world.library("lib/libthing2.so.1")
    outer = world.library("lib/libthing1.so.1", "-Wl,--no-as-needed", str(inner))
    old, new = "--disable-new-dtags", "--enable-new-dtags"
    rpath = world.program("rpath", str(outer), f"-Wl,{old},-rpath,$ORIGIN/lib")
    assert world.found(rpath) == {str(outer), str(inner)}
    runpath = world.program("runpath", str(outer), f"-Wl,{new},-rpath,$ORIGIN/lib")
    with pytest.raises(MissingLibraryError, match="libthing2"):
        world.found(runpath)


def test_an_added_library_is_found_where_ld_so_looks(world: World) -> None:
    library = world.library("add/usr/lib/libthing.so.1")
    program = world.program("app", str(library))
    assert world.found(program) == {"/usr/lib/libthing.so.1"}


def test_ld_library_path_comes_before_the_built_in_folders(world: World) -> None:
    library = world.library("add/usr/lib/libthing.so.1")
    world.library("add/opt/libthing.so.1")
    program = world.program("app", str(library))
    for library_path, expected in (("", "/usr/lib"), ("/nowhere:/opt", "/opt")):
        files = Files(tree.build([tree.node(program, "/app")], world.added()), [world.sysroot])
        closure = Closure(files, world.arch, direct=False, library_path=library_path)
        closure.add_program("/app")
        assert f"{expected}/libthing.so.1" in closure.objects


def test_configured_folders_are_searched(world: World) -> None:
    library = world.library("add/opt/special/libthing.so.1")
    conf = world.folder / "add/etc/ld.so.conf.d/special.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("# ours\n/opt/special\n")
    (world.folder / "add/etc/ld.so.conf").write_text("include /etc/ld.so.conf.d/*.conf\n")
    assert world.found(world.program("app", str(library))) == {"/opt/special/libthing.so.1"}


def test_links_on_the_way_are_taken_along(world: World) -> None:
    real = world.library("lib/libthing.so.1.2.3", "-Wl,-soname,libthing.so.1")
    (real.parent / "libthing.so.1").symlink_to("libthing.so.1.2.3")
    program = world.program("app", str(real), "-Wl,-rpath,$ORIGIN/lib")
    wanted = Wanted(
        str(program), world.arch, direct=False, below=objects.places(program, world.arch, None)
    )
    nodes, _ = objects.gather(tree.build([tree.node(program, str(program))]), wanted)
    link = next(node for node in nodes if node.path == str(real.parent / "libthing.so.1"))
    assert link.data == b"libthing.so.1.2.3"


def test_a_library_of_another_machine_is_passed_over(world: World) -> None:
    library = world.library("add/usr/lib/libthing.so.1")
    other = World({"riscv64": "aarch64", "aarch64": "riscv64"}[world.arch], world.folder)
    other.library("add/lib/libthing.so.1")
    program = world.program("app", str(library))
    assert world.found(program) == {"/usr/lib/libthing.so.1"}


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "is empty"), (b"text\n", "is not an ELF file"), (None, "is for ")]
)
def test_what_lies_in_a_missing_librarys_place_is_told(
    world: World, data: bytes | None, reason: str
) -> None:
    library = world.library("libthing.so.1")
    program = world.program("app", str(library))
    other = World({"riscv64": "aarch64", "aarch64": "riscv64"}[world.arch], world.folder)
    place = other.library("add/usr/lib/libthing.so.1")
    if data is not None:
        place.write_bytes(data)
    with pytest.raises(MissingLibraryError, match=f"not found.*/usr/lib/libthing.so.1 {reason}"):
        world.found(program)


def test_what_is_preloaded_comes_along_with_what_it_needs(world: World) -> None:
    inner = world.library("lib/libthing2.so.1")
    outer = world.library("lib/libthing1.so.1", "-Wl,-rpath,$ORIGIN", "-Wl,--no-as-needed",
                          str(inner))  # fmt: skip
    program = world.program("app", "-Wl,-rpath,/nowhere")
    assert world.found(program, preload=f"/absent.so {outer}") == {str(outer), str(inner)}


def test_syscall_counts_only_when_some_object_asks_for_it(world: World, tmp_path: Path) -> None:
    for call, unresolved in (("getpid()", False), ("syscall(1)", True)):
        source = f"int getpid(void); long syscall(long, ...); int main(void) {{ return {call}; }}"
        program = tmp_path / "caller"
        command = [f"{world.arch}-linux-gnu-gcc", "-x", "c", "-", "-o", str(program)]
        subprocess.run(command, input=source.encode(), check=True)
        found = objects.of_file(program, world.arch, None)
        assert bool(found.unresolved) == unresolved, found.unresolved
