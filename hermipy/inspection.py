"""Inspect: what an image holds and why, from the manifest that `pack` wrote into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hermipy import image
from hermipy.errors import BadFileError

if TYPE_CHECKING:
    from pathlib import Path

_SITES_SHOWN = 3
_ANY, _SIGNALS = "a site whose number could be any", "the return from a signal handler"


def facts(path: Path) -> dict[str, Any]:
    """What `inspect --json` prints; raises BadFileError."""
    manifest = image.read_manifest(path)
    if manifest is None:
        raise BadFileError(path, "is not an image that hermipy packed")
    files = [{key: fact[key] for key in ("path", "kind", "bytes")} for fact in manifest["files"]]
    return {
        **{key: manifest[key] for key in ("arch", "program", "arguments", "environment")},
        "image_bytes": path.stat().st_size,
        **{key: manifest[key] for key in ("kernel_bytes", "modules", "syscalls", "missing")},
        **{key: manifest[key] for key in ("unresolved", "sites", "objects", "on_missing", "stats")},
        "asked": {name: _askers(askers) for name, askers in manifest["asked"].items()},
        "files": files,
    }


def text(found: dict[str, Any]) -> str:
    """The same for people."""
    sites = found["sites"]
    lines = [
        f"{found['program']} for {found['arch']}, image {found['image_bytes']:,} bytes",
        f"syscall sites: {sites['direct']} direct calls, {sites['trap']} traps",
        f"kernel: {found['kernel_bytes']:,} bytes in {len(found['modules'])} modules",
        *_modules(found["modules"]),
        f"syscalls ({len(found['syscalls'])}), and who asks for them:",
        *_syscalls(found["asked"], _ANY if found["unresolved"] else _SIGNALS),
    ]
    if found["missing"]:
        lines.append(f"called but not implemented: {' '.join(found['missing'])}")
    if found["unresolved"]:
        lines.append(f"sites whose number could be any: {len(found['unresolved'])}")
        lines += [f"  {site}" for site in found["unresolved"]]
    lines += _objects(found["objects"])
    lines.append(f"files ({len(found['files'])}):")
    lines += [f"  {fact['bytes']:>10,}  {fact['path']}" for fact in found["files"]]
    return "\n".join(lines)


def _askers(askers: list[Any]) -> list[dict[str, Any]]:
    return [{"object": path, "sites": [f"{site:#x}" for site in sites]} for path, sites in askers]


def _syscalls(asked: dict[str, list[dict[str, Any]]], otherwise: str) -> list[str]:
    width = max(map(len, asked), default=0)
    return [
        f"  {name:<{width}}  {', '.join(map(_asker, askers)) or otherwise}"
        for name, askers in asked.items()
    ]


def _asker(asker: dict[str, Any]) -> str:
    more = len(asker["sites"]) - _SITES_SHOWN
    rest = f" and {more} more" if more > 0 else ""
    return f"{asker['object']} {' '.join(asker['sites'][:_SITES_SHOWN])}{rest}"


def _objects(objects: list[dict[str, Any]]) -> list[str]:
    with_sites = [one for one in objects if one["direct"] + one["trap"]]
    return [
        f"programs and libraries ({len(objects)}); those with sites, direct and trap:",
        *(f"  {one['direct']:>6} {one['trap']:>6}  {one['path']}" for one in with_sites),
    ]


def _modules(modules: list[dict[str, Any]]) -> list[str]:
    width = max((len(module["name"]) for module in modules), default=0)
    biggest_first = sorted(modules, key=lambda module: -module["bytes"])
    return [
        f"  {module['bytes']:>8,}  {module['name']:<{width}}  {module['because']}"
        for module in biggest_first
    ]
