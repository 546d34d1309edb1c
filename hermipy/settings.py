"""Values of options, read from text."""

from __future__ import annotations

import re

from hermipy.errors import OptionError

_UNITS = {"": 1 << 20, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE = re.compile(r"(\d+)([bkmg]?)", re.IGNORECASE)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|)")
_SECONDS = {"ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600}


def size_bytes(text: str) -> int:
    """Bytes of `64M`, `1g`, `512` (MiB, as QEMU reads it)."""
    match = _SIZE.fullmatch(text)
    if match is None or not int(match[1]):
        raise OptionError(f"--memory {text}: write a number with K, M or G")
    return int(match[1]) * _UNITS[match[2].lower()]


def seconds(text: str) -> float:
    """Seconds of `10`, `2.5s`, `5m`."""
    match = _DURATION.fullmatch(text)
    if match is None or not float(match[1]):
        raise OptionError(f"--timeout {text}: write seconds, or a number with s, m or h")
    return float(match[1]) * _SECONDS[match[2]]


def environment(settings: tuple[str, ...], own: dict[str, str]) -> tuple[str, ...]:
    """`K=V` as given; a bare `K` takes our own value, as docker's --env does, or nothing."""
    result = []
    for setting in settings:
        name, equals, _ = setting.partition("=")
        if not name or "\0" in setting:
            raise OptionError(f"--env {setting}: write NAME=VALUE")
        if equals:
            result.append(setting)
        elif name in own:
            result.append(f"{name}={own[name]}")
    return tuple(result)
