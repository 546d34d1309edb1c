"""The image's file tree."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from hermipy import tree
from hermipy.errors import OptionError
from hermipy.model import Node

if TYPE_CHECKING:
    from pathlib import Path


def paths(*nodes: Node) -> dict[str, Node]:
    return {node.path: node for node in tree.build(nodes)}


def regular(path: str) -> Node:
    return Node(path, stat.S_IFREG | 0o644, data=b"x")


def test_every_image_has_what_libc_expects() -> None:
    found = paths()
    assert {"/", "/dev", "/proc", "/tmp", "/etc/passwd", "/etc/hosts"} <= found.keys()
    assert stat.S_IMODE(found["/tmp"].mode) == 0o1777


def test_missing_parents_are_made() -> None:
    found = paths(regular("/a/b/c"))
    assert stat.S_ISDIR(found["/a"].mode)
    assert stat.S_ISDIR(found["/a/b"].mode)


def test_a_path_through_a_link_lands_where_the_link_leads() -> None:
    link = Node("/lib", stat.S_IFLNK | 0o777, data=b"usr/lib")
    found = paths(link, regular("/lib/x.so"))
    assert "/usr/lib/x.so" in found
    assert stat.S_ISLNK(found["/lib"].mode)


def test_links_in_a_circle_are_refused() -> None:
    one = Node("/one", stat.S_IFLNK | 0o777, data=b"two")
    two = Node("/two", stat.S_IFLNK | 0o777, data=b"one")
    with pytest.raises(OptionError):
        tree.build([one, two, regular("/one/x")])


def test_a_file_replaces_a_directory_with_all_below() -> None:
    found = paths(regular("/a/b"), regular("/a"))
    assert stat.S_ISREG(found["/a"].mode)
    assert "/a/b" not in found


def test_a_later_source_wins() -> None:
    found = paths(regular("/a"), Node("/a", stat.S_IFREG | 0o600, data=b"new"))
    assert found["/a"].data == b"new"


def test_add_takes_files_and_directories(tmp_path: Path) -> None:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/e/file").write_text("x")
    (tmp_path / "d/link").symlink_to("e/file")
    os.mkfifo(tmp_path / "d/fifo")
    found = paths(*tree.from_option(f"{tmp_path}/d:/data"))
    assert found["/data/e/file"].source == tmp_path / "d/e/file"
    assert found["/data/link"].data == b"e/file"
    assert stat.S_ISFIFO(found["/data/fifo"].mode)
    assert [node.path for node in tree.from_option(f"{tmp_path}/d/e/file:/x/")] == ["/x/file"]
    assert [node.path for node in tree.from_option(f"{tmp_path}/d/e/file:/x/../y")] == ["/y"]


@pytest.mark.parametrize("option", ["x", "x:y", ":/y", "/nowhere:/y"])
def test_add_that_makes_no_sense_is_refused(option: str) -> None:
    with pytest.raises(OptionError):
        list(tree.from_option(option))


def test_what_is_ours_belongs_to_root(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    found = paths(*tree.from_folder(tmp_path))
    assert (found["/f"].uid, found["/f"].gid) == (0, 0)


def test_a_directory_that_is_asked_for_is_made_and_one_that_is_there_stays() -> None:
    nodes, real = tree.with_directory(tree.build([regular("/a/file")]), "/a/b/")
    made = {node.path: node for node in nodes}
    assert real == "/a/b"
    assert stat.S_ISDIR(made["/a/b"].mode)
    assert tree.with_directory(nodes, "/root") == (nodes, "/root")
    assert tree.with_directory(nodes, "/") == (nodes, "/")


def test_a_directory_behind_a_link_is_given_by_its_real_path() -> None:
    built = tree.build([Node("/bin", stat.S_IFLNK | 0o777, data=b"usr/bin"), regular("/usr/bin/x")])
    assert tree.with_directory(built, "/bin") == (built, "/usr/bin")
