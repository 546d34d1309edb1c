"""The roots that traced programs see: the packages of each as one folder, kept in the cache."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from hermipy import cache
from tests.conformance import oracle

if TYPE_CHECKING:
    from hermipy.target import Target

_LOCK = Lock()


def root_of(target: Target) -> Path:
    """The folder of a target's packages and of the links that their scripts would make."""
    facts = repr((target.roots, [(link.path, link.data) for link in target.links]))
    named = hashlib.sha256(facts.encode()).hexdigest()[:32]
    with _LOCK:
        place = cache.folder("accuracy", target.arch) / named
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=place.parent) as made:
                oracle.merge(target, Path(made, "root"))
                Path(made, "root").rename(place)
        return place
