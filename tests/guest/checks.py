"""`make conformance-guest`: profiles of `hermipy audit --seccomp` at work, under a real kernel.

A program's own session gives under its profile what it gives without; what is not in the profile
is stopped, every call of the table. A boot takes ten seconds and all sessions share one.
"""

from __future__ import annotations

import contextlib
import json
import stat
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hermipy import debian, packages, seccomp, table, tree
from hermipy.errors import ProfileError
from hermipy.model import Node
from tests import command, samples
from tests.guest import containers, engines, guest
from tests.guest.containers import UNDER_PROFILE, Result, Session

if TYPE_CHECKING:
    from collections.abc import Iterable

Results = dict[tuple[str, str], Result]
ENOSYS = 38
AUDIT_S = 1800  # python3's first takes minutes on a busy machine
SHELL = """
set -e; cd /tmp; mkdir d; echo one > d/a; cp d/a d/b; ln -s a d/c; sort d/a d/b | uniq -c
for i in 1 2 3; do seq $i | wc -l; done; find d | sort; tar c d | tar t | sort; rm -r d
awk 'BEGIN { print 6 * 7 }'; (exit 5) || echo status $?; kill -0 $$; sleep 0.01; date -u -d @0
"""
SQL = """
create table t(a integer primary key, b text); begin;
insert into t(b) values ('one'), ('two'), ('three'); commit;
select count(*), group_concat(b) from t; create index i on t(b); pragma integrity_check;
pragma journal_mode = wal; delete from t where a = 2; select * from t; vacuum;
"""
PYTHON = """
import os, threading, tempfile
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "file")
    with open(path, "w") as stream: print("text", file=stream)
    print(os.stat(path).st_size, os.listdir(folder), open(path).read())
seen = []
threads = [threading.Thread(target=seen.append, args=(i,)) for i in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(seen), os.path.exists("/proc/self/exe"), os.wait4(os.fork() or os._exit(3), 0)[1])
"""
DYNAMIC = {
    "dash": ("-c", "cd /tmp; echo a > b; read line < b; echo $line *; (exit 5) || echo $?"),
    "jq": ("-n", '[range(5)] | map(. * .) | add, now > 0, (tojson | test("14"))'),
    "sqlite3": ("/tmp/t.db", SQL),
    "python3": ("-S", "-c", PYTHON),
}
# Nothing waits, and nothing changes, when these are called with zeroes and nothing stops them.
HARMLESS = ("bpf", "keyctl", "mount", "quotactl", "swapon", "init_module", "perf_event_open")
# A Unix and an Internet socket, and a clone with a UTS namespace of its own.
BY_ARGUMENT = ("198:1:1:0", "198:2:1:0", "220:67108881:0:0")


@pytest.fixture
def results(arch: str) -> Results:
    return in_one_boot(arch)


@cache
def in_one_boot(arch: str) -> Results:
    """Every session of the architecture."""
    with tempfile.TemporaryDirectory() as work:
        return containers.run(arch, list(sessions(arch, Path(work))))


def sessions(arch: str, work: Path) -> Iterable[Session]:
    samples.build(arch)
    for name, libc in (("hello", "musl"), ("threads", "glibc"), ("files", "glibc")):
        program = samples.OUT / arch / libc / name
        yield Session(
            name, (tree.node(program, f"/{name}"),), (f"/{name}",), profile(program, arch)
        )
    busybox = packages.alone("busybox-static", arch).files / "usr/bin/busybox"
    file = tree.node(busybox, "/bin/busybox")
    links = [Node("/bin/sh", stat.S_IFLNK | 0o777, data=b"busybox")]
    own = profile(busybox, arch)
    yield Session("busybox", (file, *links), ("/bin/sh", "-c", SHELL), own)
    for name, arguments in DYNAMIC.items():
        with contextlib.suppress(ProfileError):
            yield Session(name, *debian_program(name, arguments, arch))
    calls = tree.node(compiled(arch, work), "/calls")
    strict = profile(samples.OUT / arch / "musl" / "hello", arch)
    numbers = list(map(str, outside(strict, arch)))
    # Not without the profile: some of these calls would end the guest.
    yield Session("outside", (calls,), ("/calls", *numbers), strict, UNDER_PROFILE)
    numbers = [str(table.by_name()[name].number) for name in HARMLESS]
    yield Session("harmless", (calls,), ("/calls", *numbers), strict)
    yield Session("arguments", (calls,), ("/calls", *BY_ARGUMENT), unix_only(arch), UNDER_PROFILE)


def unix_only(arch: str) -> dict[str, Any]:
    """The profile of a program that is known to make sockets of one family only."""
    row = {"path": "/calls", "arch": arch, "syscalls": ["socket", "write", "exit_group"]}
    bounds = {"socket": {"argument": "domain", "values": ["AF_UNIX"]}}
    return seccomp.profile([row | {"arguments": bounds, "unresolved": [], "missing_libraries": []}])


def profile(program: Path | str, arch: str) -> dict[str, Any]:
    """What a user gets; raises ProfileError."""
    words = [command.HERMIPY, "audit", str(program), "--arch", arch, "--seccomp", "-"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=AUDIT_S, check=False)
    if done.returncode != 0:
        raise ProfileError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def debian_program(
    name: str, arguments: tuple[str, ...], arch: str
) -> tuple[tuple[Node, ...], tuple[str, ...], dict[str, Any]]:
    """A dynamic program with its packages."""
    found = debian.fetch(name, arch)
    assert found.guest_path is not None
    nodes = tree.build(*map(tree.from_package, found.roots), found.links)
    own = profile(f"debian:{name}:{found.guest_path}", arch)
    return nodes, (found.guest_path, *arguments), own


def compiled(arch: str, work: Path) -> Path:
    out = work / "calls"
    flags = ["-O2", "-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector"]
    source = str(guest.HERE / "calls.c")
    subprocess.run([f"{arch}-linux-gnu-gcc", *flags, "-o", str(out), source], check=True)
    return out


def outside(own: dict[str, Any], arch: str) -> list[int]:
    """Every call of the architecture that the profile does not let pass."""
    allowed = {name for rule in own["syscalls"] for name in rule["names"]}
    return [number for number, row in table.by_number(arch).items() if row.name not in allowed]


@pytest.mark.parametrize("way", UNDER_PROFILE)
@pytest.mark.parametrize("name", ["hello", "threads", "files", "busybox", *DYNAMIC])
def test_a_program_does_under_its_profile_what_it_does_without(
    name: str, way: str, results: Results
) -> None:
    if name in DYNAMIC and (name, "plain") not in results:
        pytest.skip(f"the analysis has no bound for {name}")
    plain = results[name, "plain"]
    assert plain.status == 0, plain.output
    assert results[name, way] == plain


@pytest.mark.parametrize("way", UNDER_PROFILE)
def test_every_call_that_is_not_in_the_profile_is_stopped(way: str, results: Results) -> None:
    answers = [line.split() for line in results["outside", way].output.split("\n") if line]
    assert len(answers) > 200
    assert {answer for _, answer in answers} == {str(-ENOSYS)}


def test_without_the_profile_the_kernel_would_have_answered(
    results: Results,
) -> None:
    answers = [line.split() for line in results["harmless", "plain"].output.split("\n") if line]
    assert len(answers) == len(HARMLESS)
    assert str(-ENOSYS) not in {answer for _, answer in answers}


@pytest.mark.parametrize("way", UNDER_PROFILE)
def test_a_bounded_argument_is_all_that_passes(way: str, results: Results) -> None:
    unix, inet, clone = (
        line.split()[1] for line in results["arguments", way].output.split("\n")[:3]
    )
    assert int(unix) > 0
    assert (inet, clone) == (str(-ENOSYS), str(-ENOSYS))


@cache
def in_engines(arch: str) -> Results:
    """The program of the profile, and every call that is not in it, in each engine."""
    program = samples.OUT / arch / "musl" / "hello"
    strict = profile(program, arch)
    with tempfile.TemporaryDirectory() as work:
        files = [
            tree.node(program, "/hello"),
            tree.node(compiled(arch, Path(work)), "/calls"),
        ]
        commands = (("/hello",), ("/calls", *map(str, outside(strict, arch))))
        return engines.run(arch, files, commands, strict)


@pytest.mark.parametrize("engine", engines.ENGINES)
def test_an_engine_takes_the_file_as_it_is(engine: str, arch: str) -> None:
    results = in_engines(arch)
    assert results["0", engine] == Result("hello, world\n\n", 0)
    answers = [line.split() for line in results["1", engine].output.split("\n") if line]
    assert len(answers) > 200
    assert {answer for _, answer in answers} == {str(-ENOSYS)}
