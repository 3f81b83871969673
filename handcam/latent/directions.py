"""Ways to go in the latent space, each with what it does to the hand.

The prior N(0, I) gives no axis a meaning, and a trained model leaves many axes empty (their posterior is the prior,
whatever is seen). So directions are found from the atlas, a sample of the aggregate posterior, and measured through
the decoder: the *principal* directions of its means, and *named* ones, along which hands have more of one parameter.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from handcam.atlas import Atlas
from handcam.latent.parameters import PARAMETERS, parameters_of

__all__ = ["HAND_MM", "SEEN_MM", "Decode", "Direction", "motion_mm", "named_directions",
           "principal_directions", "raw_directions"]  # fmt: skip

Decode = Callable[[Float[np.ndarray, "n z"]], Float[np.ndarray, "n 21 3"]]
"""Latents to joints, hand lengths."""
HAND_MM = 190.0
"""Length of the hand for which motions are stated."""
SEEN_MM = 0.5
"""A direction that moves the hand by less than this does nothing that can be seen."""
_TRIED = 24
"""Hands on which a direction is tried."""
_RIDGE = 1e-3
"""Weight of the ridge for each hand."""


@dataclass(frozen=True, slots=True)
class Direction:
    """One way to go."""

    name: str
    """What it is called."""
    step: Float[np.ndarray, " z"]
    """One sigma: how far hands commonly lie apart this way."""
    reader: Float[np.ndarray, " z"]
    """``reader @ z - zero`` is where ``z`` lies along it, in sigmas; ``reader @ step`` is 1."""
    zero: float
    """See ``reader``."""
    mm: float
    """How far one sigma moves a joint, the mean over joints and hands, mm on a hand of :data:`HAND_MM`."""
    r2: float | None = None
    """Named: share of the parameter's variance that is explained on hands that were held out."""
    gain: float | None = None
    """Named: by how much one sigma changes the parameter, measured on decoded hands."""
    unit: str = ""
    """Of the parameter; empty for a cosine."""

    def at(self, z: Float[np.ndarray, " z"]) -> float:
        """Where ``z`` lies along this direction, in sigmas."""
        return float(self.reader @ z) - self.zero

    def moved(self, z: Float[np.ndarray, " z"], to: float) -> Float[np.ndarray, " z"]:
        """``z`` carried along to ``to`` sigmas; what other directions at right angles say of it stays."""
        return z + (to - self.at(z)) * self.step


def principal_directions(atlas: Atlas, decode: Decode) -> list[Direction]:
    """Principal directions of the aggregate posterior, those that move the hand most first.

    Sigma is that of the aggregate posterior (variance of the means plus mean variance). The axes are those of the
    means alone: with the variance added, empty dimensions weigh as much as full ones and mix with them.
    """
    z, noise = _means(atlas)
    middle = z.mean(0)
    axes = np.linalg.eigh(np.cov(z.T))[1].T  # one in a row
    sigma = np.sqrt(np.var(z @ axes.T, axis=0) + axes**2 @ noise)[:, None]
    steps, readers = axes * sigma, axes / sigma
    mm = motion_mm(steps, z, decode)
    order = np.argsort(-mm, kind="stable")
    return [
        Direction(str(k + 1), steps[i], readers[i], float(readers[i] @ middle), float(mm[i]))
        for k, i in enumerate(order)
    ]


def raw_directions(z: Float[np.ndarray, "n z"], decode: Decode) -> list[Direction]:
    """The dimensions themselves, in their own order; one sigma is the prior's, so a dimension is at its own value.

    Args:
        z: hands on which to try them.
        decode: latents to joints.
    """
    axes = np.eye(z.shape[1])
    mm = motion_mm(axes, z, decode)
    return [Direction(f"z{i + 1}", axis, axis, 0.0, float(mm[i])) for i, axis in enumerate(axes)]


def named_directions(atlas: Atlas, decode: Decode) -> list[Direction]:
    """Ridge regression of each parameter on the latent, fitted on four fifths of the atlas and tested on the rest.

    The weights ``w`` say how to read a parameter; the direction in which hands have more of it is ``C w`` with ``C``
    the covariance of the means: of all steps that raise the parameter as much it leads to the likeliest hands.
    """
    z, _ = _means(atlas)
    test = np.arange(len(z)) % 5 == 4
    used = motion_mm(np.eye(z.shape[1]), z, decode) >= SEEN_MM  # what lies in empty dimensions is noise
    middle, spread = z[~test].mean(0), np.cov(z[~test].T) * np.outer(used, used)
    centred = (z[~test] - middle) * used
    gram = centred.T @ centred + _RIDGE * len(centred) * np.eye(z.shape[1])
    base = z[_tried(len(z))]
    found = []
    for name, values in zip(atlas.names, atlas.parameters.T.astype(float), strict=True):
        mean = values[~test].mean()
        weights = np.linalg.solve(gram, centred.T @ (values[~test] - mean))
        off = values[test] - mean - (z[test] - middle) @ weights
        r2 = 1.0 - float(np.mean(off**2) / np.var(values[test]))
        reader = weights / max(float(np.sqrt(weights @ spread @ weights)), 1e-9)
        step = spread @ reader
        title, _, unit = name.rstrip("]").partition(" [")
        gain = None
        if name in PARAMETERS:
            k = PARAMETERS.index(name)
            more, less = (parameters_of(decode(_f32(base + side * step)))[:, k] for side in (0.5, -0.5))
            gain = float((more - less).mean())
        mm = float(motion_mm(step[None], z, decode)[0])
        found.append(Direction(title, step, reader, float(reader @ middle), mm, r2, gain, unit))
    return found


def motion_mm(steps: Float[np.ndarray, "m z"], z: Float[np.ndarray, "n z"], decode: Decode) -> Float[np.ndarray, " m"]:
    """How far each step moves a joint, to either side of some of these hands: mean over joints and hands, mm."""
    base = z[_tried(len(z))]
    moved = []
    for step in steps:
        there, back = np.split(decode(_f32(np.concatenate([base + step, base - step]))), 2)
        moved.append(np.linalg.norm(there - back, axis=-1).mean() / 2 * HAND_MM)
    return np.array(moved, float)


def _means(atlas: Atlas) -> tuple[Float[np.ndarray, "n z"], Float[np.ndarray, " z"]]:
    """Where the hands lie by their true joints, and the variance of one posterior."""
    return atlas.z["joints3d"].astype(float), atlas.variance["joints3d"].astype(float)


def _tried(n: int) -> np.ndarray:
    """Hands spread evenly over the atlas."""
    return np.linspace(0, n - 1, min(n, _TRIED)).astype(int)


def _f32(z: np.ndarray) -> Float[np.ndarray, "n z"]:
    return np.ascontiguousarray(z, np.float32)
