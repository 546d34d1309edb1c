"""What packages leave to their maintainer scripts, which are not run.

A script may do anything to the machine that it runs on, and it is the guest's architecture's. Most
only tidy up after older versions or tell init about a service. The one thing that programs miss is
a name that update-alternatives(1) gives them (awk, editor, libblas.so.3): those are read out of
the script's text. What else a script would make is said.
"""

from __future__ import annotations

import re
import shlex
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy.model import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hermipy.packages import Package

_ALTERNATIVES = "/etc/alternatives"
_INSTALL, _SLAVE = "--install", "--slave"
# Commands that make what a program may look for later, and what that is.
_MAKES = {
    "update-ca-certificates": "the bundle of certificates",
    "fc-cache": "the font cache",
    "update-mime-database": "the MIME database",
    "glib-compile-schemas": "compiled GLib schemas",
    "gdk-pixbuf-query-loaders": "the list of image loaders",
    "gtk-query-immodules-3.0": "the list of input methods",
    "adduser": "a user",
    "useradd": "a user",
    "addgroup": "a group",
    "groupadd": "a group",
    "locale-gen": "locales",
    "localedef": "locales",
    "ucf": "configuration files",
}
_NAMES = "|".join(map(re.escape, _MAKES))
_COMMAND = re.compile(rf"^\s*(?:if )?(?:/usr/s?bin/)?({_NAMES})\s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Alternative:
    name: str
    link: str
    path: str
    priority: int


def links(packages: Sequence[Package]) -> tuple[Node, ...]:
    """The symlinks that update-alternatives would have made; the highest priority wins."""
    best: dict[str, _Alternative] = {}
    for package in packages:
        for found in _alternatives(_script(package)):
            if found.name not in best or found.priority > best[found.name].priority:
                best[found.name] = found
    nodes = []
    for found in best.values():
        by_name = f"{_ALTERNATIVES}/{found.name}"
        nodes += [_symlink(by_name, found.path), _symlink(found.link, by_name)]
    return tuple(nodes)


def notes(packages: Sequence[Package]) -> tuple[str, ...]:
    """A line for every package whose script would make something that is not made."""
    lines = []
    for package in packages:
        made = sorted({_MAKES[command] for command in _COMMAND.findall(_script(package))})
        if made:
            lines.append(
                f"{package.name}: its maintainer script is not run, and would make "
                f"{' and '.join(made)}"
            )
    return tuple(lines)


def _script(package: Package) -> str:
    path = package.control / "postinst"
    return path.read_text(errors="replace").replace("\\\n", " ") if path.is_file() else ""


def _alternatives(script: str) -> Iterator[_Alternative]:
    for line in script.splitlines():
        if "update-alternatives" not in line or _INSTALL not in line:
            continue
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        if _INSTALL in words:
            yield from _installed(words[words.index(_INSTALL) + 1 :])


def _installed(words: list[str]) -> Iterator[_Alternative]:
    """`LINK NAME PATH PRIORITY (--slave LINK NAME PATH)...`; with a variable in it, unknown."""
    if len(words) < 4 or not words[3].isdigit():  # noqa: PLR2004  as the synopsis says
        return
    priority = int(words[3])
    groups = [words[:3]]
    groups += [words[at + 1 : at + 4] for at, word in enumerate(words) if word == _SLAVE]
    for group in groups:
        if len(group) == 3 and not any("$" in word for word in group):  # noqa: PLR2004
            link, name, path = group
            yield _Alternative(name, link, path, priority)


def _symlink(path: str, to: str) -> Node:
    return Node(path, stat.S_IFLNK | 0o777, data=to.encode())
