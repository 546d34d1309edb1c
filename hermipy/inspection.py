"""Inspect: what an image holds and why, from the manifest that `pack` wrote into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hermipy import image
from hermipy.errors import BadFileError

if TYPE_CHECKING:
    from pathlib import Path


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
        **{key: manifest[key] for key in ("unresolved", "sites", "on_missing", "stats")},
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
        f"syscalls ({len(found['syscalls'])}): {' '.join(found['syscalls'])}",
    ]
    if found["missing"]:
        lines.append(f"called but not implemented: {' '.join(found['missing'])}")
    if found["unresolved"]:
        lines.append(f"sites whose number could be any: {len(found['unresolved'])}")
        lines += [f"  {site}" for site in found["unresolved"]]
    lines.append(f"files ({len(found['files'])}):")
    lines += [f"  {fact['bytes']:>10,}  {fact['path']}" for fact in found["files"]]
    return "\n".join(lines)


def _modules(modules: list[dict[str, Any]]) -> list[str]:
    width = max((len(module["name"]) for module in modules), default=0)
    biggest_first = sorted(modules, key=lambda module: -module["bytes"])
    return [
        f"  {module['bytes']:>8,}  {module['name']:<{width}}  {module['because']}"
        for module in biggest_first
    ]
