"""What packages leave to their maintainer scripts, which are not run.

A script may do anything to the machine that it runs on, and it is the guest's architecture's. Most
only tidy up after older versions or tell init about a service. The one thing that programs miss is
a name that update-alternatives(1) gives them (awk, editor, libblas.so.3): those are read out of
the script's text, with the variables and loops that are plain there. What else a script would make
is said.
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
    "update-perl-sax-parsers": "the list of XML parsers",
    "php_invoke": "the configuration of PHP's modules",
    "dbus-uuidgen": "the machine's id",
    "mktexlsr": "TeX's list of files",
    "fmtutil": "TeX's formats",
    "updmap": "TeX's list of fonts",
}
_OTHER_NAMES = "names that update-alternatives gives"
_NAMES = "|".join(map(re.escape, _MAKES))
_COMMAND = re.compile(rf"^\s*(?:if )?(?:run_)?(?:/usr/s?bin/)?({_NAMES})\s", re.MULTILINE)
_ASSIGNMENT = re.compile(r"""\s*(\w+)=(?:'([^'`()]*)'|"([^"`()]*)"|([\w$./{}:+-]*))\s*(?:;|$)""")
_LOOP = re.compile(r"\s*for (\w+) in ([^;`()*?]*?)\s*(?:;|$)")
# By name: one value, or a loop's words.
_Variables = dict[str, tuple[str, ...]]
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True, slots=True)
class _Alternative:
    name: str
    link: str
    path: str
    priority: int

    @property
    def is_known(self) -> bool:
        """No variable is left in it."""
        return "$" not in f"{self.name}{self.link}{self.path}"


def links(packages: Sequence[Package]) -> tuple[Node, ...]:
    """The symlinks that update-alternatives would have made; the highest priority wins."""
    best: dict[str, _Alternative] = {}
    for package in packages:
        for found in _alternatives(_script(package)):
            if not found.is_known:
                continue
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
        script = _script(package)
        made = sorted({_MAKES[command] for command in _COMMAND.findall(script)})
        if not all(found.is_known for found in _alternatives(script)):
            made.append(_OTHER_NAMES)
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
    """What is installed; a variable that stays unknown is left in it."""
    known: _Variables = {}
    for line in script.splitlines():
        known |= _assigned(line, known)
        if "update-alternatives" not in line or _INSTALL not in line:
            continue
        for text in _filled(line, known):
            try:
                words = shlex.split(text, comments=True)
            except ValueError:
                continue
            if _INSTALL in words:
                yield from _installed(words[words.index(_INSTALL) + 1 :])


def _assigned(line: str, known: _Variables) -> _Variables:
    """The variable that a line sets to plain words."""
    assignment, loop = _ASSIGNMENT.match(line), _LOOP.match(line)
    if loop:
        return {loop[1]: tuple(_replaced(loop[2], known).split())}
    if assignment:
        value = assignment[2] or assignment[3] or assignment[4] or ""
        return {assignment[1]: (_replaced(value, known),)}
    return {}


def _filled(line: str, known: _Variables) -> Iterator[str]:
    """The line with its variables replaced, once for each turn of a loop."""
    text = _replaced(line, known)
    loops = [name for name in _VARIABLE.findall(text) if name in known]
    if not loops:
        yield text
        return
    for word in known[loops[0]]:
        yield _replaced(text, known | {loops[0]: (word,)})


def _replaced(text: str, known: _Variables) -> str:
    """With the variables that have one value."""
    single = {name: values[0] for name, values in known.items() if len(values) == 1}
    return _VARIABLE.sub(lambda match: single.get(match[1], match[0]), text)


def _installed(words: list[str]) -> Iterator[_Alternative]:
    """`LINK NAME PATH PRIORITY (--slave LINK NAME PATH)...`."""
    if len(words) < 4 or not words[3].isdigit():  # noqa: PLR2004  as the synopsis says
        return
    priority = int(words[3])
    groups = [words[:3]]
    groups += [words[at + 1 : at + 4] for at, word in enumerate(words) if word == _SLAVE]
    for group in groups:
        if len(group) == 3:  # noqa: PLR2004
            link, name, path = group
            yield _Alternative(name, link, path, priority)


def _symlink(path: str, to: str) -> Node:
    return Node(path, stat.S_IFLNK | 0o777, data=to.encode())
