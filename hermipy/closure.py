"""Closure: the objects that a dynamic program is made of, found as ld.so will find them.

The search is ld.so(8)'s for glibc and ldso/dynlink.c's for musl, made over the files that the guest
will have. Below them lies the sysroot: what is found only there comes along, with the links that
lead to it. Names in the text of an object that can dlopen() are looked for too, and may be absent.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hermipy import prepare, target
from hermipy.errors import MissingLibraryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hermipy.files import Files
    from hermipy.model import Node
    from hermipy.prepare import Linkage, Prepared

# Two or more directories that end in a slash, one after the other: glibc's system_dirs.
_GLIBC_DIRECTORIES = re.compile(rb"(?:/[\w.+/-]*/\0){2,}")
_MUSL_LOADER = re.compile(r"/ld-musl-(.+)\.so\.1$")
_MUSL_DIRECTORIES = re.compile(rb"\0(/[\w.+/-]+(?::/[\w.+/-]+)+)\0")
# musl's own object stands for all of these (ldso/dynlink.c: load_library).
_MUSL_OWN = re.compile(r"lib(c|pthread|rt|m|dl|util|xnet)\..*")
_TOKEN = re.compile(r"\$(?:\{(ORIGIN|LIB|PLATFORM)\}|(ORIGIN|LIB|PLATFORM)\b)")
# AT_PLATFORM; RISC-V has none, and ld.so then drops a directory that names it.
_PLATFORMS = {"aarch64": "aarch64"}


@dataclass(frozen=True, slots=True)
class Object:
    """One object of the program, where it lies in the guest."""

    path: str
    node: Node
    prepared: Prepared
    loader: Object | None = None
    """Who needed it first."""

    @property
    def source(self) -> Path:
        """Its bytes, as they were before rewriting."""
        assert self.node.source is not None, "an object has a file"
        return self.node.source

    @property
    def linkage(self) -> Linkage:
        """What it asks of ld.so."""
        return self.prepared.linkage


@dataclass(frozen=True, slots=True)
class _Rules:
    """How one ld.so searches."""

    arch: str
    musl: bool
    library_path: tuple[str, ...]
    """LD_LIBRARY_PATH's directories."""
    defaults: tuple[str, ...]
    """The configured directories, then those that are built in."""
    lib: str
    """What $LIB stands for."""

    def directories(self, wanting: Object) -> Iterator[str]:
        chain = list(_chain(wanting))
        if self.musl:
            yield from self.library_path
            for link in chain:
                yield from self._expanded(link, link.linkage.runpath or link.linkage.rpath)
        else:
            if not wanting.linkage.runpath:
                for link in chain:
                    if not link.linkage.runpath:
                        yield from self._expanded(link, link.linkage.rpath)
            yield from self._expanded(chain[-1], self.library_path)
            yield from self._expanded(wanting, wanting.linkage.runpath)
        yield from self.defaults

    def expanded(self, text: str, origin: str) -> str | None:
        """A path with its tokens replaced; None when one has no meaning here."""
        values = {"ORIGIN": origin, "LIB": self.lib, "PLATFORM": _PLATFORMS.get(self.arch)}
        tokens = [match[1] or match[2] for match in _TOKEN.finditer(text)]
        if any(values[token] is None for token in tokens):
            return None
        return _TOKEN.sub(lambda match: values[match[1] or match[2]] or "", text)

    def _expanded(self, link: Object, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            directory = self.expanded(path, posixpath.dirname(link.path))
            if directory:
                yield directory


class Closure:
    """The objects of one program, found one after the other."""

    def __init__(
        self, files: Files, arch: str, *, direct: bool, library_path: str = "", preload: str = ""
    ) -> None:
        """The last two are the variables LD_LIBRARY_PATH and LD_PRELOAD."""
        self.files = files
        self.objects: dict[str, Object] = {}
        """By the guest's path."""
        self._arch = arch
        self._direct = direct
        self._library_path = tuple(filter(None, re.split("[:;]", library_path)))
        self._preload = tuple(filter(None, re.split("[: ]", preload)))
        self._passed_over: dict[str, str] = {}
        """By path: what is no library of ours, and why."""
        self.names: dict[str, Object] = {}
        """By the names that objects ask for."""
        self._rules: _Rules | None = None

    def add_program(self, path: str) -> None:
        """The program, its interpreter and all that they need; raises MissingLibraryError."""
        program = self._object(path, None)
        assert program is not None, "the caller put it there"
        self.objects[program.path] = program
        if not program.linkage.interpreter:
            return
        interpreter = self._object(program.linkage.interpreter, None)
        if interpreter is None:
            raise self._missing(path, [(program.linkage.interpreter, path)])
        self._add(program.linkage.interpreter.rpartition("/")[2], interpreter)
        self._rules = self._read_rules(interpreter, program.linkage.interpreter)
        for name in self._preload:  # ld.so goes on without it
            self._load(name, program)
        missing = self._complete(*self.objects.values())
        if missing:
            raise self._missing(path, missing)

    def add_other(self, path: str) -> list[tuple[str, str]]:
        """What a library needs that the program may open; gives (name, who) of what is absent."""
        program = next(iter(self.objects.values()))
        found = self._object(path, program)
        if found is None or found.path in self.objects:
            return []
        self.objects[found.path] = found
        return self._complete(found)

    def _missing(self, program: str, missing: list[tuple[str, str]]) -> MissingLibraryError:
        wanted = {name.rpartition("/")[2] for name, _ in missing}
        others = (
            f"{path} {problem}"
            for path, problem in self._passed_over.items()
            if path.rpartition("/")[2] in wanted
        )
        return MissingLibraryError(program, missing, tuple(others))

    def _complete(self, *first: Object) -> list[tuple[str, str]]:
        """Breadth first, as ld.so does it; gives what is absent."""
        missing = []
        todo = deque(first)
        while todo:
            wanting = todo.popleft()
            known = len(self.objects)
            missing += [
                (name, wanting.path)
                for name in wanting.linkage.needed
                if not self._load(name, wanting)
            ]
            for name in wanting.linkage.opens:
                self._load(name, wanting)
            todo += list(self.objects.values())[known:]
        return missing

    def _load(self, name: str, wanting: Object) -> bool:
        rules = self._rules
        if rules is None or name in self.names or (rules.musl and _MUSL_OWN.fullmatch(name)):
            return True
        for path in self._candidates(name, wanting, rules):
            found = self._object(path, wanting)
            if found is not None:
                self._add(name, found)
                return True
        return False

    def _candidates(self, name: str, wanting: Object, rules: _Rules) -> Iterator[str]:
        if "/" in name:
            path = rules.expanded(name, posixpath.dirname(wanting.path))
            if path:
                yield path
            return
        for directory in rules.directories(wanting):
            yield posixpath.join(directory, name)

    def _add(self, name: str, found: Object) -> None:
        known = self.objects.setdefault(found.path, found)
        self.names[name] = known
        if known.linkage.soname:
            self.names.setdefault(known.linkage.soname, known)

    def _object(self, path: str, loader: Object | None) -> Object | None:
        """The object behind a path; a file of another kind is passed over, as by ld.so."""
        node = self.files.find(path)
        if node is None or node.source is None:
            return None
        if node.path in self.objects:
            return self.objects[node.path]
        if prepare.object_arch(node.source) != self._arch:
            self._passed_over[path] = target.why_no_library(node.source)
            return None
        return Object(node.path, node, prepare.prepare(node.source, direct=self._direct), loader)

    def _read_rules(self, interpreter: Object, called: str) -> _Rules:
        assert interpreter.node.source is not None, "an object has a file"
        data = interpreter.node.source.read_bytes()
        musl = _MUSL_LOADER.search(called)
        defaults = self._musl_defaults(data, musl[1]) if musl else self._glibc_defaults(data)
        return _Rules(
            arch=self._arch,
            musl=musl is not None,
            library_path=self._library_path,
            defaults=defaults,
            lib=defaults[-1].strip("/") if musl else _glibc_directories(data)[0].strip("/"),
        )

    def _musl_defaults(self, data: bytes, arch: str) -> tuple[str, ...]:
        """The directories of musl's path file, which comes along, or those built in."""
        named = self.files.find(f"/etc/ld-musl-{arch}.path")
        match = _MUSL_DIRECTORIES.search(data)
        text = match[1].decode() if match else "/lib:/usr/local/lib:/usr/lib"
        if named is not None:
            text = self.files.text(named.path) or ""
        return tuple(filter(None, re.split("[:\n]", text)))

    def _glibc_defaults(self, data: bytes) -> tuple[str, ...]:
        return (*self._configured("/etc/ld.so.conf"), *_glibc_directories(data))

    def _configured(self, path: str) -> Iterator[str]:
        """The directories of ld.so.conf, which ldconfig(8) reads."""
        for line in (self.files.text(path) or "").splitlines():
            words = line.partition("#")[0].split()
            if words[:1] == ["include"]:
                for pattern in words[1:]:
                    absolute = posixpath.join(posixpath.dirname(path), pattern)
                    for included in self.files.matching(absolute):
                        yield from self._configured(included)
            elif words and words[0] != "hwcap":
                yield from (word for word in words if word.startswith("/"))


def _glibc_directories(data: bytes) -> tuple[str, ...]:
    match = _GLIBC_DIRECTORIES.search(data)
    text = match[0].decode() if match else "/lib/\0/usr/lib/\0"
    return tuple(filter(None, text.split("\0")))


def _chain(link: Object | None) -> Iterator[Object]:
    while link is not None:
        yield link
        link = link.loader
