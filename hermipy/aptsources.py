"""The machine's own package sources, read for where Debian's archive can be reached from here.

Both forms of sources.list(5): one line per source, and deb822 stanzas. Only Debian's own sources
count: a release's name as the suite, the component `main`, no key but Debian's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hermipy.errors import NoArchiveError, PackageError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FOLDER = Path("/etc/apt")
_RELEASES = re.compile(
    r"(old)*stable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke"
)
_ONE_LINE = re.compile(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)")


@dataclass(frozen=True, slots=True)
class Source:
    """One place of packages: where, which suite and components, whose signature."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str

    @property
    def is_debian(self) -> bool:
        """Whether it is Debian's main archive, of whatever release."""
        ours = not self.signed_by or "debian-archive" in self.signed_by
        return (
            ours
            and _RELEASES.fullmatch(self.suite) is not None
            and "main" in self.components
            and not self.uri.startswith("cdrom:")
        )


def replaced(suite: str, architecture: str, folder: Path = _FOLDER) -> str:
    """The machine's Debian sources as deb822, for a suite and architecture; raises PackageError."""
    uris = {source.uri: source.signed_by for source in read(folder) if source.is_debian}
    if not uris:
        raise NoArchiveError("no package source of this machine (/etc/apt) is a Debian archive")
    return "\n".join(
        f"Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: main\n"
        f"Architectures: {architecture}\nSigned-By: {_keyring(signed_by)}\n"
        for uri, signed_by in uris.items()
    )


def _keyring(signed_by: str) -> str:
    if signed_by.startswith("/") and Path(signed_by).is_file():
        return signed_by
    if not KEYRING.is_file():
        raise PackageError(
            f"{KEYRING} is not installed: apt-get install debian-archive-keyring brings it"
        )
    return str(KEYRING)


def read(folder: Path = _FOLDER) -> Iterator[Source]:
    """Every binary source that apt would use."""
    parts = folder / "sources.list.d"
    for path in [folder / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            yield from _one_line_sources(path.read_text(errors="replace"))
    for path in sorted(parts.glob("*.sources")):
        yield from _stanza_sources(path.read_text(errors="replace"))


def _one_line_sources(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        match = _ONE_LINE.fullmatch(line.partition("#")[0].strip())
        if match:
            options = dict(item.split("=", 1) for item in (match[1] or "").split() if "=" in item)
            components = tuple(match[4].split())
            yield Source(match[2], match[3], components, options.get("signed-by", ""))


def _stanza_sources(text: str) -> Iterator[Source]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        fields = _fields(stanza)
        if fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        if "deb" not in fields.get("types", "").split():
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                components = tuple(fields.get("components", "").split())
                yield Source(uri, suite, components, fields.get("signed-by", ""))


def _fields(stanza: str) -> dict[str, str]:
    """`Name: value` fields; lines that begin with a space go on with the one before."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line[:1].isspace():
            fields[name] = f"{fields.get(name, '')} {line.strip()}"
        else:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields
