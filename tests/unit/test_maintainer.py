"""What a package's script would have made, read out of its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hermipy import maintainer
from hermipy.packages import Package

if TYPE_CHECKING:
    from pathlib import Path


def package(folder: Path, script: str, name: str = "some") -> Package:
    made = Package(name, folder / name)
    made.control.mkdir(parents=True)
    (made.control / "postinst").write_text(f"#!/bin/sh\nset -e\n{script}")
    return made


def links(*packages: Package) -> dict[str, str]:
    return {node.path: (node.data or b"").decode() for node in maintainer.links(packages)}


def test_an_alternative_is_two_links(tmp_path: Path) -> None:
    script = """update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5 \\
        --slave /usr/bin/nawk nawk /usr/bin/mawk"""
    assert links(package(tmp_path, script)) == {
        "/etc/alternatives/awk": "/usr/bin/mawk",
        "/usr/bin/awk": "/etc/alternatives/awk",
        "/etc/alternatives/nawk": "/usr/bin/mawk",
        "/usr/bin/nawk": "/etc/alternatives/nawk",
    }


def test_the_highest_priority_wins(tmp_path: Path) -> None:
    line = "update-alternatives --install /usr/bin/awk awk /usr/bin/{} {}\n"
    some = package(tmp_path, line.format("mawk", 5))
    other = package(tmp_path, line.format("gawk", 10), "other")
    for order in ((some, other), (other, some)):
        assert links(*order)["/etc/alternatives/awk"] == "/usr/bin/gawk"


def test_plain_variables_and_loops_are_followed(tmp_path: Path) -> None:
    script = """
base=/usr/lib/thing
tools='one two'
priority=21
for tool in $tools three; do
    page="--slave /man/$tool.1 \\
        $tool.1 $base/$tool.1"
    update-alternatives \\
        --install /usr/bin/$tool ${tool} $base/bin/$tool $priority $page $unknown
done"""
    given = links(package(tmp_path, script))
    for tool in ("one", "two", "three"):
        assert given[f"/etc/alternatives/{tool}"] == f"/usr/lib/thing/bin/{tool}"
        assert given[f"/man/{tool}.1"] == f"/etc/alternatives/{tool}.1"


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    script = """
where=$(somewhere)
update-alternatives --install /usr/bin/thing thing $where/thing 1
if adduser --system thing; then :; fi"""
    some = package(tmp_path, script)
    assert links(some) == {}
    (note,) = maintainer.notes([some])
    assert "some: its maintainer script is not run" in note
    assert "a user and names that update-alternatives gives" in note
