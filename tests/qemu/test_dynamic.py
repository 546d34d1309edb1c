"""Dynamic programs: what ld.so, dlopen() and musl's loader do in an image, as under qemu-user."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from hermipy import packages
from tests.qemu.runs import MODES, hermipy, in_image

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.qemu

PLUGIN = """
#include <stdio.h>
#include <unistd.h>
static __thread int calls;
__attribute__((constructor)) static void start(void) { puts("plugin: here"); }
__attribute__((destructor)) static void end(void) { puts("plugin: gone"); }
int work(int x) { return x * 2 + ++calls; }
"""
OPENER = """
#include <dlfcn.h>
#include <stdio.h>
int main(void) {
    if (dlopen("absent.so", RTLD_NOW) == NULL) printf("%d\\n", dlerror() != NULL);
    void *plugin = dlopen("/opt/plugin.so", RTLD_NOW);
    if (plugin == NULL) { puts(dlerror()); return 1; }
    int (*work)(int) = dlsym(plugin, "work");
    printf("%d %d\\n", work(20), work(20));
    dlclose(plugin);
    setvbuf(stdout, NULL, _IONBF, 0);
    return 7;
}
"""
CRASH = """
#include <stdlib.h>
int numbers[] = {3, 2, 1};
__attribute__((noinline)) int compare(const void *a, const void *b) {
    (void)a; (void)b;
    *(volatile int *)8 = 1;
    return 0;
}
int main(void) { qsort(numbers, 3, sizeof(int), compare); return 0; }
"""
MUSL = """
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
static void *run(void *text) { puts(text); errno = ENOENT; return strerror(errno); }
int main(int argc, char **argv) {
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, run, argv[argc - 1]);
    pthread_join(thread, &result);
    puts(result);
    return errno + 5;
}
"""


def gcc(arch: str, source: str, out: Path, *options: str) -> Path:
    command = [f"{arch}-linux-gnu-gcc", "-O1", "-x", "c", "-", "-o", str(out), *options]
    subprocess.run(command, input=source.encode(), check=True)
    return out


@pytest.mark.parametrize("mode", MODES)
def test_a_library_that_was_added_can_be_opened(arch: str, mode: str, tmp_path: Path) -> None:
    plugin = gcc(arch, PLUGIN, tmp_path / "plugin.so", "-shared", "-fPIC")
    opener = gcc(arch, OPENER, tmp_path / "opener")
    options = ["--syscalls", mode, "--add", f"{plugin}:/opt/plugin.so"]
    done = in_image(opener, [], options=options)
    expected = b"1\nplugin: here\n41 42\nplugin: gone\n"
    assert (done.stdout, done.returncode) == (expected, 7), done.stderr


def test_a_backtrace_goes_through_libraries(arch: str, tmp_path: Path) -> None:
    crash = gcc(arch, CRASH, tmp_path / "crash", "-funwind-tables")
    done = in_image(crash, [], options=[])
    assert done.returncode == 128 + 11
    lines = done.stderr.decode().splitlines()
    frames = lines[next(i for i, line in enumerate(lines) if "backtrace" in line) + 1 :]
    assert "compare+" in frames[0]
    assert "/crash" in frames[0]
    assert any("libc.so.6" in frame for frame in frames)
    assert any("main+" in frame for frame in frames), frames


@pytest.mark.parametrize("mode", MODES)
def test_musls_loader_finds_itself_in_a_sysroot(arch: str, mode: str, tmp_path: Path) -> None:
    musl = packages.alone("musl", arch).files
    dev = packages.alone("musl-dev", arch).files / f"usr/lib/{arch}-linux-musl"
    include = dev.parent.parent / f"include/{arch}-linux-musl"
    loader = next(path for path in musl.rglob("ld-musl-*.so.1"))
    library = next(path for path in musl.rglob("libc.so"))
    source, out = tmp_path / "program.c", tmp_path / "program"
    source.write_text(MUSL)
    start = [str(dev / name) for name in ("Scrt1.o", "crti.o")]
    command = ["clang", f"--target={arch}-linux-musl", "-O1", "-fPIE", "-pie", "-fuse-ld=lld", "-w"]
    subprocess.run(
        [*command, "-nostdlibinc", "-isystem", str(include), "-nostdlib", *start, str(source),
         f"-L{library.parent}", "-lc", str(dev / "crtn.o"), "-Wl,--strip-debug",
         f"-Wl,-dynamic-linker,/lib/{loader.name}", "-o", str(out)],
        check=True,
    )  # fmt: skip
    root = tmp_path / "root"
    shutil.copytree(musl, root, symlinks=True)
    (root / "lib").symlink_to("usr/lib")
    done = in_image(out, ["word"], options=["--syscalls", mode, "--sysroot", str(root)])
    assert (done.stdout, done.returncode) == (b"word\nNo such file or directory\n", 5), done.stderr


def test_a_missing_library_is_named_before_the_boot(arch: str, tmp_path: Path) -> None:
    library = gcc(arch, "int f(void) { return 1; }", tmp_path / "libz.so.1", "-shared", "-fPIC",
                  "-Wl,-soname,libz.so.1")  # fmt: skip
    program = gcc(arch, "int f(void); int main(void) { return f(); }", tmp_path / "program",
                  "-x", "none", str(library))  # fmt: skip
    done = hermipy("run", str(program))
    assert done.returncode == 125
    assert b"needs libz.so.1: not found" in done.stderr


def test_a_library_that_cannot_be_opened_is_named(arch: str, tmp_path: Path) -> None:
    library = gcc(arch, "int f(void) { return 1; }", tmp_path / "libabsent.so.1", "-shared",
                  "-fPIC", "-Wl,-soname,libabsent.so.1")  # fmt: skip
    plugin = gcc(arch, "int f(void); int work(void) { return f(); }", tmp_path / "plugin.so",
                 "-shared", "-fPIC", "-x", "none", str(library))  # fmt: skip
    opener = gcc(arch, OPENER, tmp_path / "opener")
    done = in_image(opener, [], options=["--add", f"{plugin}:/opt/plugin.so"])
    assert b"cannot be opened: /opt/plugin.so (libabsent.so.1 not found)" in done.stderr
    assert (done.stdout[:2], done.returncode) == (b"1\n", 1)
