"""Codes: coordinates of the latent space that are tied to named properties of the hand by a few labels.

``z = G(c, n)`` where ``c`` are the codes, ``n`` is the rest, and the generator ``G`` of a semi-supervised InfoGAN
(Spurr, Aksan and Hilliges, ECML 2017; trained by :mod:`handcam.lab.train.infogan`) is invertible: affine couplings
(RealNVP, Dinh et al. 2017) within the dimensions that the model uses. So a code is read off any latent, and moved while
the others and the rest stay. ``NAME.codes.npz`` beside the weights holds it, and knows for which weights it was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Float

from handcam.model.embedding import ReferenceSet
from handcam.model.latent.directions import PARAMETERS, Decode, Direction, motion_mm, parameters_of
from handcam.model.weights import read_card
from handcam.paths import atomic_file
from handcam.types import Array, WeightsError, shorten

__all__ = [
    "CODES",
    "LAYERS",
    "Codes",
    "code_directions",
    "codes_path",
    "couple",
    "read_codes",
    "uncouple",
    "write_codes",
]

CODES = (
    *(f"{finger} curl [°]" for finger in ("thumb", "index", "middle", "ring", "little")), "spread [°]", "palm ahead",
)  # fmt: skip
"""Properties with a code of their own, of :data:`handcam.model.latent.directions.PARAMETERS`. The last is the wrist's
roll as the camera sees it."""
LAYERS = 8
"""Couplings of the generator."""
_STEEP = 0.8
"""Largest logarithm of a coupling's scale."""
_SMALL = 1e-3
"""Step of differences."""


def couple(part: Mapping[str, Any], x: Any, xp: ModuleType = np) -> tuple[Any, Any]:
    """Codes and rest (n k) to whitened latents (n k), and the logarithm of the volume's change (n).

    ``xp`` is the package of the arrays, numpy or torch.
    """
    k, volume = x.shape[1], 0.0
    for i in range(LAYERS):
        x = x[:, part[f"order{i}"]]
        a, b = x[:, : k // 2], x[:, k // 2 :]
        scale, shift = _scale_and_shift(part, i, a, xp)
        x, volume = xp.concatenate([a, b * xp.exp(scale) + shift], 1), volume + scale.sum(1)
    return x @ part["mix"], volume + xp.linalg.slogdet(part["mix"])[1]


def uncouple(part: Mapping[str, Any], u: Any, xp: ModuleType = np) -> tuple[Any, Any]:
    """The inverse of :func:`couple`, with the same logarithm of the volume's change."""
    x, k, volume = u @ xp.linalg.inv(part["mix"]), u.shape[1], 0.0
    for i in reversed(range(LAYERS)):
        a, b = x[:, : k // 2], x[:, k // 2 :]
        scale, shift = _scale_and_shift(part, i, a, xp)
        x, volume = xp.concatenate([a, (b - shift) * xp.exp(-scale)], 1), volume + scale.sum(1)
        x = x[:, xp.argsort(part[f"order{i}"])]
    return x, volume + xp.linalg.slogdet(part["mix"])[1]


def _scale_and_shift(part: Mapping[str, Any], i: int, a: Any, xp: ModuleType) -> tuple[Any, Any]:
    out = xp.tanh(a @ part[f"in{i}"] + part[f"bias{i}"]) @ part[f"out{i}"] + part[f"last{i}"]
    half = out.shape[1] // 2
    return _STEEP * xp.tanh(out[:, :half]), out[:, half:]


@dataclass(frozen=True, slots=True)
class Codes:
    """The generator of one set of weights."""

    parts: Mapping[str, Array]
    """Arrays of :func:`couple`, by name."""
    middle: Float[np.ndarray, " z"]
    """Mean of the aggregate posterior."""
    axes: Float[np.ndarray, "z k"]
    """Its principal axes in use, each as long as its standard deviation."""
    correlation: Float[np.ndarray, " c"]
    """Of each code and its property on held-out hands."""

    def read(self, z: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n k"]:
        """Codes of latents, then the rest, all about N(0, 1)."""
        lengths = np.square(self.axes).sum(0)
        return np.asarray(uncouple(self.parts, (z - self.middle) @ self.axes / lengths)[0])

    def made(self, x: Float[np.ndarray, "n k"], z: Float[np.ndarray, "#n z"] | None = None) -> Float[np.ndarray, "n z"]:
        """Latents with these codes and rest; what lies outside the dimensions in use is that of ``z``."""
        inside = couple(self.parts, x)[0] @ self.axes.T
        if z is None:
            return self.middle + inside
        lengths = np.square(self.axes).sum(0)
        return z + inside - ((z - self.middle) @ self.axes / lengths) @ self.axes.T


class _Around:
    """What the codes say of a latent and its neighbours; the last two are kept, since all sliders ask for the same."""

    def __init__(self, codes: Codes) -> None:
        self.codes = codes
        self._kept: dict[bytes, tuple[Array, Array]] = {}

    def __call__(self, z: Float[np.ndarray, " z"]) -> tuple[Array, Array]:
        """Codes and rest (k), and how they change along each dimension (z k)."""
        key = np.asarray(z, float).tobytes()
        if key not in self._kept:
            near = self.codes.read(np.concatenate([z[None], z + _SMALL * np.eye(len(z))]))
            self._kept = dict([*self._kept.items()][-1:]) | {key: (near[0], (near[1:] - near[0]) / _SMALL)}
        return self._kept[key]


@dataclass(frozen=True, slots=True)
class _Code:
    """One code as a :class:`handcam.model.latent.directions.Coordinate`."""

    around: _Around
    """Of all codes."""
    k: int
    """Its number."""

    def at(self, z: Float[np.ndarray, " z"]) -> float:
        return float(self.around(z)[0][self.k])

    def slope(self, z: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        return self.around(z)[1][:, self.k]

    def moved(self, z: Float[np.ndarray, " z"], to: float) -> Float[np.ndarray, " z"]:
        x = self.around.codes.read(np.asarray(z, float)[None])
        x[0, self.k] = to
        return self.around.codes.made(x, z[None])[0]


def code_directions(codes: Codes, references: ReferenceSet, decode: Decode) -> list[Direction]:
    """The codes as directions of the latent, for sliders."""
    z = references.z["joints3d"].astype(float)
    some = z[np.linspace(0, len(z) - 1, min(len(z), 24)).astype(int)]
    found, around = list[Direction](), _Around(codes)
    for k, name in enumerate(CODES):
        title, _, unit = name.rstrip("]").partition(" [")
        nothing = np.zeros(z.shape[1])
        r2 = float(codes.correlation[k]) ** 2
        one = Direction(title, nothing, 0.0, np.eye(len(nothing)), r2=r2, unit=unit, curve=_Code(around, k))
        there, back = (
            parameters_of(decode(np.array([one.moved(each, one.at(each) + by) for each in some], np.float32)))
            for by in (0.5, -0.5)
        )
        gain = float((there - back)[:, PARAMETERS.index(name)].mean())
        found.append(replace(one, mm=motion_mm(one, z, decode), gain=gain))
    return found


def codes_path(weights: Path) -> Path:
    """File of the codes of these weights."""
    return weights.with_name(f"{weights.stem}.codes.npz")


def write_codes(weights: Path, codes: Codes) -> Path:
    """Write the codes beside ``weights``; returns the file."""
    path = codes_path(weights)
    parts: dict[str, Any] = {
        f"part.{k}": a.astype(np.float32 if a.dtype.kind == "f" else np.int8) for k, a in codes.parts.items()
    }
    with atomic_file(path) as file:
        np.savez_compressed(
            file, weights_sha256=np.array(read_card(weights).sha256), middle=codes.middle.astype(np.float32),
            axes=codes.axes.astype(np.float32), correlation=codes.correlation.astype(np.float32), **parts,
        )  # fmt: skip
    return path


def read_codes(weights: Path) -> Codes:
    """Read the codes beside ``weights``.

    Raises:
        WeightsError: they are missing, damaged or were made for other weights.
    """
    path, again = codes_path(weights), "make them with handcam train infogan"
    if not path.is_file():
        raise WeightsError(f"The codes {path} are missing; {again}.")
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        of = str(arrays["weights_sha256"])
        parts = {k[5:]: a.astype(float if a.dtype.kind == "f" else int) for k, a in arrays.items() if k[:5] == "part."}
        found = Codes(parts, *(arrays[key].astype(float) for key in ("middle", "axes", "correlation")))
        found.read(found.middle[None])
    except Exception as error:  # numpy and zip raise whatever a damaged archive leads them to
        raise WeightsError(f"The codes {path} are damaged ({shorten(repr(error))}); {again}.") from None
    if of != read_card(weights).sha256 or len(found.correlation) != len(CODES):
        raise WeightsError(f"The codes {path} belong to other weights than {weights.name}; {again}.")
    return found
