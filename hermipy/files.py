"""The files that the guest will have: the tree, and what can be taken from the sysroot below it.

A path is followed as the guest's kernel will do it, a link at a time, over both. What was found in
the sysroot is taken into the tree together with the links that led there.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
import stat
from typing import TYPE_CHECKING

from hermipy import tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hermipy.model import Node

_MAX_LINKS = 40  # path_resolution(7)


class Files:
    """Lookups in a tree over folders of the host, the first over the second.

    `taken` grows with what was found in them.
    """

    def __init__(self, nodes: Iterable[Node], below: Iterable[Path]) -> None:
        self.below = tuple(below)
        self.taken: list[Node] = []
        self._nodes = {node.path: node for node in nodes}

    def find(self, path: str) -> Node | None:
        """The file behind a path, links followed; None when there is none."""
        way: list[Node] = []
        node = self._follow(path, way, _MAX_LINKS)
        if node is not None and stat.S_ISREG(node.mode):
            new = [step for step in (*way, node) if step.path not in self._nodes]
            self.taken += new
            self._nodes.update((step.path, step) for step in new)
            return node
        return None

    def text(self, path: str) -> str | None:
        """What is in a text file; None when there is none. It is not taken."""
        node = self._follow(path, [], _MAX_LINKS)
        if node is None or not stat.S_ISREG(node.mode):
            return None
        data = node.data if node.source is None else node.source.read_bytes()
        return (data or b"").decode(errors="replace")

    def matching(self, pattern: str) -> list[str]:
        """Paths of a directory's files, sorted, by a shell pattern in their last part."""
        names = {path for path in self._nodes if fnmatch.fnmatchcase(path, pattern)}
        for folder in self.below:
            names |= {f"/{file.relative_to(folder)}" for file in folder.glob(pattern.lstrip("/"))}
        return sorted(names)

    def _follow(self, path: str, way: list[Node], links: int) -> Node | None:
        """The file at the end; the links that were met are added to `way`."""
        here, node = "", self._nodes.get("/")
        parts = [part for part in path.split("/") if part not in ("", ".")]
        for at, part in enumerate(parts):
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            node = self._node(f"{here}/{part}")
            if node is None:
                return None
            if not stat.S_ISLNK(node.mode):
                here = node.path
                continue
            way.append(node)
            to = posixpath.join(here or "/", os.fsdecode(node.data or b""), *parts[at + 1 :])
            return self._follow(to, way, links - 1) if links else None
        return node

    def _node(self, path: str) -> Node | None:
        if path in self._nodes:
            return self._nodes[path]
        for folder in self.below:
            file = folder / path.lstrip("/")
            if os.path.lexists(file):
                return tree.node(file, path)
        return None
