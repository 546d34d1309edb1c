"""Debian's Go: programs whose runtime makes its own syscalls, threads and signals, unmodified.

Go's compiler is the hardest of them: goroutines on several threads, preempted by SIGURG, a garbage
collector, futexes, epoll with an eventfd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hermipy import debian
from tests.qemu.runs import MODES, assert_same, in_image

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.qemu

GO = "golang-1.24-go:/usr/lib/go-1.24"
TOOLS = {"riscv64": "linux_riscv64", "aarch64": "linux_arm64"}
SOURCE = """package   main
type  T struct { a int; name string
  m map[string]int}
func (t *T) set(k string,v int)int{ t.m[k]=v; return v<<uint(t.a) }
func  fib(n int)int{ if n<2 {return n}; return fib(n-1)+fib(n-2) }
func main(){ t:=&T{a:1,m:map[string]int{}}; for i:=0;i<10;i++ { println(t.set("k", fib(i))) } }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.go").write_text(SOURCE)
    (tmp_path / "bad.go").write_text("package main\n\nfunc main() { return 1 +\n")
    return tmp_path


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "arguments", [["main.go"], ["-d", "main.go"], ["-l", "."], ["-e", "bad.go"], ["-r", "a -> b"]],
    ids=" ".join,
)  # fmt: skip
def test_gofmt_gives_what_qemu_user_gives(
    arch: str, mode: str, arguments: list[str], folder: Path
) -> None:
    program = debian.fetch(f"{GO}/bin/gofmt", arch).source
    assert_same(arch, mode, program, arguments, folder=folder, stdin=SOURCE.encode())


@pytest.mark.parametrize("mode", MODES)
def test_gos_compiler_writes_what_it_writes_under_qemu_user(
    arch: str, mode: str, folder: Path
) -> None:
    program = debian.fetch(f"{GO}/pkg/tool/{TOOLS[arch]}/compile", arch).source
    # Many functions, so that its goroutines have work for all their threads.
    lines = "\n".join(
        f"func f{i}(x, y int) int {{ for i := range x {{ y += i*{i} ^ x<<3 }}; return y }}"
        for i in range(300)
    )
    (folder / "many.go").write_text(f"package many\n{lines}\n")
    arguments = ["-c", "4", "-S", "-p", "many", "-o", "out", "many.go"]
    assert_same(arch, mode, program, arguments, folder=folder)


@pytest.mark.parametrize("mode", MODES)
def test_age_keygen_makes_a_key(mode: str, tmp_path: Path) -> None:
    arch = "riscv64"  # on AArch64 Debian's has an interpreter
    program = debian.fetch("age:/usr/bin/age-keygen", arch).source
    made = in_image(program, [], options=["--syscalls", mode])
    key = tmp_path / "key"
    key.write_bytes(made.stdout)
    public = made.stderr.decode().removeprefix("Public key: ").strip()
    assert f"# public key: {public}\n".encode() in made.stdout
    options = ["--syscalls", mode, "--add", f"{key}:/key"]
    assert in_image(program, ["-y", "/key"], options=options).stdout.decode().strip() == public
    assert_same(arch, mode, program, ["-y", "key"], folder=tmp_path)
