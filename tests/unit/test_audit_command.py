"""`hermipy audit` as a user meets it: one document whoever works on it, and the exit status."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.command import EXIT_ONLY, HERMIPY, OWN_FAILURE, hermipy, own_failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ABSENT = {"riscv64": "li a7, 280\n ecall", "aarch64": "mov x8, 280\n svc 0"}
PARTIAL = {"riscv64": "li a7, 222\n ecall", "aarch64": "mov x8, 222\n svc 0"}
ANY = {"riscv64": "ld a7, 0(sp)\n ecall", "aarch64": "ldr x8, [sp]\n svc 0"}


def build(arch: str, path: Path, *before: dict[str, str]) -> Path:
    """A program that makes some calls, then exits; the name makes its content its own."""
    start, _, rest = EXIT_ONLY[arch].partition("_start:")
    body = "\n".join(part[arch] for part in before)
    text = f'{start}_start: {body}\n{rest}\n.section .rodata\n.asciz "{path.name}"\n'
    source = path.with_suffix(".S")
    source.write_text(text)
    gcc = [f"{arch}-linux-gnu-gcc", "-nostdlib", "-static", "-o", str(path), str(source)]
    subprocess.run(gcc, check=True)
    source.unlink()
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of both architectures that run, lack something, or cannot be read."""
    place = tmp_path_factory.mktemp("programs")
    for arch in EXIT_ONLY:
        for number in range(3):
            build(arch, place / f"runs-{arch}-{number}")
        build(arch, place / f"lacks-{arch}", ABSENT)
        build(arch, place / f"unknown-{arch}", ANY)
    (place / "broken").write_bytes((place / "runs-riscv64-0").read_bytes()[:90])
    return place


def document(*arguments: str | Path, **environment: str) -> bytes:
    done = hermipy("audit", *arguments, "--json", "-", **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.encode()


def test_the_document_has_its_parts(folder: Path) -> None:
    facts = json.loads(document(folder))
    assert facts.keys() == {"schema", "programs", "summary", "table"}
    assert facts["schema"] == 1
    assert [row["path"] for row in facts["programs"]] == sorted(
        str(path) for path in folder.iterdir()
    )
    errors = [row for row in facts["programs"] if "error" in row]
    assert [row["path"] for row in errors] == [str(folder / "broken")]
    keys = {"path", "arch", "package", "sizes", "syscalls", "unresolved", "dynamic", "libraries"}
    keys |= {"missing_libraries", "full", "partial", "stub", "absent", "verdict", "witnesses"}
    keys |= {"arguments", "widened", "assumed"}
    assert all(row.keys() == keys for row in facts["programs"] if row not in errors)
    assert facts["table"]["bpf"]["status"] == "absent"
    assert facts["summary"]["most_wanted"][0]["syscall"] == "bpf"


def test_any_number_of_processes_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    alone = document(folder, "--jobs", "1", XDG_CACHE_HOME=str(tmp_path / "one"))
    both = document(folder, "--jobs", "2", XDG_CACHE_HOME=str(tmp_path / "two"))
    assert alone == both == document(folder, XDG_CACHE_HOME=str(tmp_path / "two"))


CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
    cluster.close()
"""


@contextmanager
def cluster(**environment: str) -> Iterator[str]:
    """The address of a Dask cluster of two workers."""
    pytest.importorskip("distributed")
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    ) as child:
        assert child.stdin
        assert child.stdout
        yield child.stdout.readline().decode().strip()
        child.stdin.close()


def test_a_dask_cluster_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    with cluster(XDG_CACHE_HOME=str(tmp_path)) as address:
        assert document(folder, "--dask", address) == document(folder)


def test_a_scheduler_that_is_not_there_is_one_line(folder: Path) -> None:
    line = own_failure(hermipy("audit", folder, "--dask", "tcp://127.0.0.1:1"))
    assert "no scheduler answers there" in line
    assert "write tcp://HOST:PORT" in own_failure(hermipy("audit", folder, "--dask", "here"))


# An audit that kills itself once it has two rows.
KILLED = """
import os, signal, sys
from hermipy.audit import engine
def tell(progress):
    if progress.done == 2:
        os.kill(os.getpid(), signal.SIGKILL)
engine.audit(engine.Request((sys.argv[1],), jobs=1), tell)
"""


def test_a_killed_audit_goes_on_where_it_was(folder: Path, tmp_path: Path) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    rows = tmp_path / "cache/hermipy/audit"
    command = [sys.executable, "-c", KILLED, str(folder)]
    assert subprocess.run(command, env={**os.environ, **cache}, check=False).returncode == -9
    before = {path.name: path.stat().st_ino for path in rows.glob("*.json")}
    resumed = document(folder, **cache)
    after = {path.name: path.stat().st_ino for path in rows.glob("*.json")}
    assert before
    assert before.items() < after.items()
    assert resumed == document(folder)


def test_csv_has_a_line_for_each_program(folder: Path, tmp_path: Path) -> None:
    done = hermipy("audit", folder, "--csv", tmp_path / "audit.csv")
    assert "programs" in done.stdout
    with (tmp_path / "audit.csv").open(newline="") as stream:
        lines = {line["path"]: line for line in csv.DictReader(stream)}
    assert len(lines) == len(list(folder.iterdir()))
    assert "truncated" in lines[str(folder / "broken")]["error"]
    lacks = lines[str(folder / "lacks-aarch64")]
    assert (lacks["arch"], lacks["absent"], lacks["absent_names"]) == ("aarch64", "1", "bpf")


def test_the_page_is_one_html_file(folder: Path, tmp_path: Path) -> None:
    assert hermipy("audit", folder, "--html", tmp_path / "page.html").returncode == 0
    text = (tmp_path / "page.html").read_text()
    assert text.startswith("<!doctype html>")
    assert str(folder / "lacks-aarch64") in text


def test_a_seccomp_profile_of_the_programs_is_written(folder: Path, tmp_path: Path) -> None:
    files = [folder / f"runs-{arch}-0" for arch in sorted(EXIT_ONLY)]
    done = hermipy("audit", *files, "--seccomp", tmp_path / "profile.json")
    assert done.returncode == 0, done.stderr
    profile = json.loads((tmp_path / "profile.json").read_text())
    assert profile["architectures"] == ["SCMP_ARCH_AARCH64", "SCMP_ARCH_RISCV64"]
    assert any("exit" in rule["names"] for rule in profile["syscalls"])
    line = own_failure(hermipy("audit", folder / "unknown-riscv64", "--seccomp", tmp_path / "no"))
    assert "could be any" in line
    assert not (tmp_path / "no").exists()


def test_only_one_result_goes_to_stdout(folder: Path) -> None:
    line = own_failure(hermipy("audit", folder, "--csv", "-", "--json", "-"))
    assert "only one result" in line


def test_a_result_that_cannot_be_written_is_found_out_first(folder: Path, tmp_path: Path) -> None:
    done = hermipy("audit", folder, "--csv", tmp_path / "absent/x", XDG_CACHE_HOME="/dev/null")
    assert "absent/x: cannot write" in own_failure(done)


@pytest.mark.parametrize(
    ("program", "kind", "reason"),
    [
        (ABSENT, "absent", "lacks bpf"),
        (PARTIAL, "partial", "has only in part mmap"),
        (ANY, "unresolved", "has 1 unresolved sites"),
    ],
)
def test_fail_on_ends_with_1_and_the_reason(
    arch: str, tmp_path: Path, program: dict[str, str], kind: str, reason: str
) -> None:
    file = build(arch, tmp_path / "program", program)
    kinds = {"absent", "partial", "unresolved"}
    done = hermipy("audit", file, "--fail-on", kind)
    assert done.returncode == 1
    assert done.stderr == f"hermipy: --fail-on: {file} {reason}\n"
    others = [word for other in sorted(kinds - {kind}) for word in ("--fail-on", other)]
    assert hermipy("audit", file, *others).returncode == 0
    assert hermipy("audit", file, *others, "--fail-on", kind).returncode == 1


def test_observed_calls_that_were_predicted_end_with_0(arch: str, tmp_path: Path) -> None:
    file = build(arch, tmp_path / "program")
    trace = tmp_path / "trace"
    command = [f"qemu-{arch}", "-strace", str(file)]
    trace.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stderr)
    done = hermipy("audit", file, "--observed", trace)
    assert done.returncode == 0, done.stderr
    assert "seen and predicted: 1: exit" in done.stdout


def test_an_observed_call_that_was_not_predicted_ends_with_1(arch: str, tmp_path: Path) -> None:
    file = build(arch, tmp_path / "program")
    (tmp_path / "trace").write_text("uname({...}) = 0\nexit(0) = ?\n")
    done = hermipy("audit", file, "--observed", tmp_path / "trace", "--json", "-")
    assert done.returncode == 1
    assert done.stderr == "hermipy: --observed: seen but not predicted: uname\n"
    facts: dict[str, Any] = json.loads(done.stdout)["observed"]
    assert facts["seen_and_predicted"] == ["exit"]
    assert facts["seen_not_predicted"] == ["uname"]


def test_observed_is_for_one_program(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "trace").write_text("exit(0) = ?\n")
    done = hermipy("audit", folder, "--observed", tmp_path / "trace")
    assert "--observed is for one program" in own_failure(done)


def test_a_single_file_that_cannot_be_read_is_our_failure(folder: Path) -> None:
    done = hermipy("audit", folder / "broken")
    assert done.returncode == OWN_FAILURE
    assert "truncated" in own_failure(done)
    assert hermipy("audit", folder / "broken", folder / "runs-riscv64-0").returncode == 0


def test_a_name_of_any_bytes_is_shown_as_it_is(arch: str, tmp_path: Path) -> None:
    build(arch, tmp_path / "program").rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    command = [HERMIPY, "audit", str(tmp_path)]
    assert b"/\xff: " in subprocess.run(command, capture_output=True, check=True).stdout
    command += ["--csv", "-"]
    assert b"/\xff," in subprocess.run(command, capture_output=True, check=True).stdout
    assert json.loads(document(tmp_path))["programs"][0]["path"].endswith("/\udcff")
