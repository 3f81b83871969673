"""Poses that the user keeps, as JSON: a name, the latent, and the weights it belongs to.

``{"format": "handcam.presets", "version": 1, "presets": [{"name": "fist", "weights_sha256": "...", "z": [...]}]}``.
Presets of other weights stay in the file, and so does whatever this program does not understand in it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
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
    """Chosen by the user."""
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


class _Entry(msgspec.Struct):
    """A preset in the file."""

    name: str
    weights_sha256: str
    z: list[float]


class _Document(msgspec.Struct):
    """The file."""

    format: str
    version: int
    presets: list[Any]


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
            document = msgspec.json.decode(path.read_bytes())
            known = msgspec.convert(document, _Document)
        except (OSError, ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
            raise HandcamError(f"The presets in {path} cannot be read ({error}); repair or move the file.") from None
        if known.format != _FORMAT:
            raise HandcamError(f"{path} does not hold presets of handcam; repair or move the file.")
        if known.version > _VERSION:
            raise HandcamError(f"The presets in {path} are of version {known.version}, newer than handcam; update it.")
        self._document = document

    def all(self) -> list[Preset]:
        """Every preset that can be read, in the order in which they were saved."""
        read = (_preset(entry) for entry in self._document["presets"])
        return [preset for preset in read if preset is not None]

    def save(self, preset: Preset) -> None:
        """Add a preset; one of the same name and weights is replaced.

        Raises:
            HandcamError: the name is empty, the latent is not finite, or the file cannot be written.
        """
        name = preset.name.strip()
        if not name or not np.isfinite(preset.z).all():
            raise HandcamError("A preset needs a name and a pose.")
        entry = _Entry(name, preset.weights_sha256, [round(float(x), 6) for x in preset.z])
        self._write([*self._without(name, preset.weights_sha256), msgspec.to_builtins(entry)])

    def delete(self, name: str, weights_sha256: str) -> None:
        """Remove a preset.

        Raises:
            HandcamError: the file cannot be written.
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
            write_atomic(self.path, msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
        except OSError as error:
            raise HandcamError(f"Cannot write {self.path}: {error.strerror or error}.") from None
        self._document = document


def _preset(entry: Any) -> Preset | None:
    """Read an entry of the file; None where it is no preset."""
    try:
        read = msgspec.convert(entry, _Entry)
    except msgspec.ValidationError:
        return None
    z = np.array(read.z, float)
    return Preset(read.name, read.weights_sha256, z) if np.isfinite(z).all() else None
