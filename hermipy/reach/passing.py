"""Functions of which the graph asks what is passed to them: an argument decides what they do."""

from __future__ import annotations

from hermipy.resolve.search import AddressSearch, Search

WATCHED: dict[str, tuple[int, type[Search]]] = {
    "sysconf": (0, Search),
    "bindtextdomain": (1, AddressSearch),
    # libc's functions around one call each
    "ioctl": (1, Search),
    "fcntl": (1, Search),
    "fcntl64": (1, Search),
    "prctl": (0, Search),
    "socket": (0, Search),
    "socketpair": (0, Search),
    "clone": (2, Search),
}
"""By name: which argument, and how to look for it."""
