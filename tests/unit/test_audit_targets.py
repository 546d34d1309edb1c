"""What the words of an audit mean: which files are programs, and where their libraries lie."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from hermipy import packages
from hermipy.audit import targets
from hermipy.audit.targets import Failed, Job
from hermipy.errors import AuditError, InputError, OptionError
from tests.command import EXIT_ONLY

CALLED = {"riscv64": ".globl f\nf: ret", "aarch64": ".globl f\nf: ret"}


def found(*words: str | Path, arches: tuple[str, ...] = ("riscv64",)) -> targets.Targets:
    return targets.find(map(str, words), arches, None)


def link(arch: str, out: Path, source: str, *options: str) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    text = out.with_name(f"{out.name}.S.txt")
    text.write_text(f"{source}\n")
    gcc = [f"{arch}-linux-gnu-gcc", "-nostdlib", *options, "-o", str(out), "-x", "assembler"]
    subprocess.run([*gcc, str(text)], check=True)
    text.unlink()
    return out


@pytest.fixture
def folder(arch: str, tmp_path: Path) -> Path:
    """Programs of all kinds, and what lies beside programs."""
    place = tmp_path / "place"
    link(arch, place / "static", EXIT_ONLY[arch], "-static")
    link(arch, place / "static-pie", EXIT_ONLY[arch], "-static-pie")
    link(arch, place / "pie", EXIT_ONLY[arch], "-pie")
    link(arch, place / "libf.so", CALLED[arch], "-shared")
    link(arch, place / "object", CALLED[arch], "-c")
    (place / "script").write_text("#!/bin/sh\n")
    (place / "link").symlink_to("static")
    foreign = bytearray((place / "static").read_bytes())
    foreign[18:20] = b"\x3e\0"
    (place / "foreign").write_bytes(foreign)
    return place


def names(result: targets.Targets) -> list[str]:
    return [Path(item.path).name for item in result.items]


def test_of_a_directory_the_programs_are_taken_and_the_rest_is_counted(folder: Path) -> None:
    result = found(folder)
    assert names(result) == ["pie", "static", "static-pie"]
    assert result.left_out == {"for other machines": 1, "libraries": 1, "object files": 1}


def test_a_damaged_file_in_a_directory_is_a_row(folder: Path) -> None:
    (folder / "broken").write_bytes((folder / "static").read_bytes()[:100])
    failed = [item for item in found(folder).items if isinstance(item, Failed)]
    assert [Path(item.path).name for item in failed] == ["broken"]
    assert "truncated" in failed[0].error


def test_a_file_with_two_names_is_one_program(folder: Path) -> None:
    (folder / "another").hardlink_to(folder / "static")
    result = found(folder)
    assert names(result) == ["another", "pie", "static-pie"]
    assert result.left_out["further names of a file"] == 1


def test_where_no_program_is_there_is_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="no program"):
        found(tmp_path)


def test_a_root_file_system_has_its_own_libraries_and_names(arch: str, folder: Path) -> None:
    root = folder.parent
    (root / "etc").mkdir()
    (root / "dev").mkdir()
    (root / "dev/program").write_bytes((folder / "static").read_bytes())
    (folder / "pie").chmod(0o644)
    result = found(root)
    assert names(result) == ["static", "static-pie"]
    assert result.left_out["not executable"] == 1
    assert result.items[0] == Job(
        path=str(folder / "static"),
        arch=arch,
        file=str(folder / "static"),
        guest="/place/static",
        roots=(str(root),),
    )


@pytest.fixture
def package(arch: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An unpacked Debian package that holds the folder, in a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    architecture = {"riscv64": "riscv64", "aarch64": "arm64"}[arch]
    cache = tmp_path / "cache/hermipy/debian" / packages.SUITE / architecture
    (cache / "sets").mkdir(parents=True)
    (cache / "sets/thing.json").write_text(json.dumps([["other", "1"], ["thing", "2"]]))
    (cache / "packages/other_1/files").mkdir(parents=True)
    files = cache / "packages/thing_2/files"
    (files / "usr").mkdir(parents=True)
    folder.rename(files / "usr/lib")
    return files


def test_of_a_package_all_programs_are_taken_with_what_it_depends_on(
    arch: str, package: Path
) -> None:
    result = found("debian:thing", arches=(arch,))
    assert names(result) == ["pie", "static", "static-pie"]
    first = result.items[0]
    assert isinstance(first, Job)
    assert (first.path, first.package) == ("debian:thing:/usr/lib/pie", "thing")
    assert (first.guest, first.file) == ("/usr/lib/pie", str(package / "usr/lib/pie"))
    assert [Path(root).parent.name for root in first.roots or ()] == ["other_1", "thing_2"]
    assert ("/lib", "usr/lib") in first.links


def test_one_program_of_a_package_can_be_named(arch: str, package: Path) -> None:
    assert package.is_dir()
    result = found("debian:thing:/usr/lib/static", arches=(arch,))
    assert [item.path for item in result.items] == ["debian:thing:/usr/lib/static"]


def test_a_package_without_a_program_or_that_is_not_there_is_a_row(
    arch: str, package: Path
) -> None:
    for name in ("pie", "static", "static-pie"):
        (package / "usr/lib" / name).unlink()
    (package / "usr/lib/broken").write_bytes(b"\x7fELF")
    items = found("debian:thing", "debian:No_Such", arches=(arch,)).items
    errors = [item.error for item in items if isinstance(item, Failed)]
    assert "debian:thing:/usr/lib/broken: is truncated" in errors.pop(0)
    (package / "usr/lib/broken").unlink()
    items = found("debian:thing", "debian:No_Such", arches=(arch,)).items
    errors = [item.error for item in items if isinstance(item, Failed)]
    assert "holds no program" in errors[0]
    assert "not a package name" in errors[1]


def test_a_list_names_targets_one_a_line(folder: Path, tmp_path: Path) -> None:
    text = f"# programs\n{folder / 'static'}  # one\n\n{folder / 'pie'}\n{folder / 'static'}\n"
    (tmp_path / "list").write_text(text)
    result = found(f"@{tmp_path / 'list'}")
    assert names(result) == ["static", "pie"]
    assert not result.single


def test_what_is_not_there_is_found_out_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent: no such file"):
        found(tmp_path, tmp_path / "absent")
    with pytest.raises(InputError, match="absent: no such file"):
        found(f"@{tmp_path / 'absent'}")
    (tmp_path / "list").write_bytes(b"\xff\xfe")
    with pytest.raises(OptionError, match="not a list"):
        found(f"@{tmp_path / 'list'}")


def test_a_job_survives_json(folder: Path) -> None:
    job = found(folder.parent).items[0]
    assert isinstance(job, Job)
    assert targets.of_fields(json.loads(json.dumps(job.fields()))) == job
