"""The whole plug-in system: a folder is a registry, a file name is a key."""

import ast
import logging
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

__all__ = ["constants", "load", "names"]

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


def constants(package: str, name: str) -> dict[str, Any]:
    """Read the literal constants (``UPPER_CASE = ...``) that a plug-in's file states, without importing it."""
    spec = find_spec(f"{package}.{name}")
    if spec is None or spec.origin is None:
        raise LookupError(f"There is no {name!r} in {package}.")
    found: dict[str, Any] = {}
    for node in ast.parse(Path(spec.origin).read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Name) and target.id.isupper():
            try:
                found[target.id] = ast.literal_eval(node.value)
            except ValueError:  # computed, so not stated
                continue
    return found
