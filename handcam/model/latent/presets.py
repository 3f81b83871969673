"""Poses that the user keeps, as JSON: a name, the latent, and the weights it belongs to.

``{"format": "handcam.presets", "version": 1, "presets": [{"name": "fist", "weights_sha256": "...", "z": [...]}]}``.
Presets of other weights stay in the file, and so does whatever this program does not understand in it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from handcam.paths import write_atomic
from handcam.types import HandcamError

__all__ = ["Preset", "Presets"]

_FORMAT, _VERSION = "handcam.presets", 1


@dataclass(frozen=True, slots=True)
class Preset:
    """One pose."""

    name: str
    """What the user calls it."""
    weights_sha256: str
    """The weights whose latent space it lies in."""
    z: Float[np.ndarray, " z"]
    """The latent."""

    def latent_of(self, weights_sha256: str, latent: int) -> Float[np.ndarray, " z"]:
        """The latent, for the weights that run.

        Raises:
            HandcamError: it belongs to other weights, where the same numbers mean another pose.
        """
        if self.weights_sha256 != weights_sha256 or len(self.z) != latent:
            raise HandcamError(f"The preset {self.name!r} was saved with other weights; its numbers mean nothing here.")
        return self.z


class Presets:
    """The presets of one file. Every change is written at once; a file that cannot be read is never written over."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            HandcamError: the file is there and cannot be read, or is of a newer version.
        """
        self.path = path
        self._document: dict[str, Any] = {"format": _FORMAT, "version": _VERSION, "presets": []}
        if not path.exists():
            return
        try:
            document = json.loads(path.read_text("utf-8"))
            entries = document["presets"]
            good = document["format"] == _FORMAT and isinstance(entries, list)
            version = int(document["version"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HandcamError(f"The presets in {path} cannot be read ({error}); mend the file or move it.") from None
        if not good:
            raise HandcamError(f"{path} does not hold presets of handcam; mend the file or move it.")
        if version > _VERSION:
            raise HandcamError(f"The presets in {path} are of version {version}, newer than this handcam; update it.")
        self._document = document

    def all(self) -> list[Preset]:
        """Every preset that can be read, in the order in which they were saved."""
        read = (_preset(entry) for entry in self._document["presets"])
        return [preset for preset in read if preset is not None]

    def save(self, preset: Preset) -> None:
        """Add a preset; one of the same name and weights is replaced.

        Raises:
            HandcamError: the name is empty, the latent is not finite, or the disk does not take it.
        """
        name = preset.name.strip()
        if not name or not np.isfinite(preset.z).all():
            raise HandcamError("A preset needs a name and a pose.")
        numbers = [round(float(x), 6) for x in preset.z]
        entry = {"name": name, "weights_sha256": preset.weights_sha256, "z": numbers}
        self._write([*self._without(name, preset.weights_sha256), entry])

    def delete(self, name: str, weights_sha256: str) -> None:
        """Take a preset away.

        Raises:
            HandcamError: the disk does not take it.
        """
        self._write(self._without(name, weights_sha256))

    def _without(self, name: str, weights_sha256: str) -> list[Any]:
        def same(entry: Any) -> bool:
            preset = _preset(entry)
            return preset is not None and (preset.name, preset.weights_sha256) == (name, weights_sha256)

        return [entry for entry in self._document["presets"] if not same(entry)]

    def _write(self, entries: list[Any]) -> None:
        document = self._document | {"presets": entries}
        try:
            write_atomic(self.path, json.dumps(document, indent=1) + "\n")
        except OSError as error:
            raise HandcamError(f"Cannot write {self.path}: {error.strerror or error}.") from None
        self._document = document


def _preset(entry: Any) -> Preset | None:
    """An entry of the file, or None where it is none."""
    try:
        z = np.array([float(x) for x in entry["z"]])
        name, of = entry["name"], entry["weights_sha256"]
    except (TypeError, ValueError, KeyError):
        return None
    good = isinstance(name, str) and isinstance(of, str) and z.ndim == 1 and np.isfinite(z).all()
    return Preset(name, of, z) if good else None
