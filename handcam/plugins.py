"""The whole plug-in system: a folder is a registry, a file name is a key."""

import logging
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

__all__ = ["load", "names"]

log = logging.getLogger(__name__)


def names(package: str) -> list[str]:
    """The plug-ins of a folder, e.g. ``names("handcam.sources")``, sorted; nothing is imported but the folder."""
    return sorted(m.name for m in iter_modules(import_module(package).__path__) if not m.name.startswith("_"))


def load(package: str, name: str) -> ModuleType:
    """Import one plug-in, e.g. ``load("handcam.sources", "webcam")``.

    A folder whose ``__init__`` has a ``RENAMED`` table goes on answering to the old names in it, and says so.

    Raises:
        LookupError: there is no such file; the message lists those that are there.
    """
    renamed = getattr(import_module(package), "RENAMED", {})
    if name in renamed:
        log.warning("%s is called %s now; the old name goes with the next version.", name, renamed[name])
        name = renamed[name]
    if name not in names(package):
        kind = package.rpartition(".")[2]
        raise LookupError(f"There is no {name!r} among the {kind}; choose one of {', '.join(names(package))}.")
    return import_module(f"{package}.{name}")
