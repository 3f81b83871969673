"""Ways to go in the latent space, each with what it does to the hand.

The prior N(0, I) gives no axis a meaning, and a trained model leaves many axes empty (their posterior is the prior,
whatever is seen). So directions are found from the atlas, a sample of the aggregate posterior, and measured through
the decoder: the *principal* directions of its means, and *named* ones, along which hands have more of one parameter.
The latter bend: the latent describes the hand as the camera sees it, so which way curls a thumb depends on the view.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from handcam.model.embedding import Atlas
from handcam.model.latent.parameters import PARAMETERS, parameters_of
from handcam.types import NOMINAL_HAND_LENGTH_M

__all__ = ["SEEN_MM", "Decode", "Direction", "motion_mm", "named_directions",
           "principal_directions", "raw_directions"]  # fmt: skip

Decode = Callable[[Float[np.ndarray, "n z"]], Float[np.ndarray, "n 21 3"]]
"""Latents to joints, hand lengths."""
SEEN_MM = 0.5
"""A direction that moves the hand by less than this does nothing that can be seen."""
_TRIED = 24
"""Hands on which a direction is tried."""
_RIDGE = 1e-2
"""Weight of the ridge for each hand."""
_PIECES, _LONGEST = 12, 0.5
"""Straight pieces of which a bent way is made, and how long each may be: beyond, the slope means nothing."""
_FLAT = 1e-3
"""Steepness below which a direction leads nowhere."""


@dataclass(frozen=True, slots=True)
class Direction:
    """One way to go; straight, or bent as a quadratic function of the latent says."""

    name: str
    """What it is called."""
    reader: Float[np.ndarray, " z"]
    """``reader @ z + z @ bend @ z / 2 - zero`` is where ``z`` lies along it, in sigmas."""
    zero: float
    """See ``reader``."""
    metric: Float[np.ndarray, "z z"]
    """What counts as a short step: its inverse measures the length of one. The shortest that leads on is taken."""
    bend: Float[np.ndarray, "z z"] | None = None
    """Symmetric; None where it is straight."""
    mm: float = 0.0
    """How far one sigma moves a joint, the mean over joints and hands, mm on the nominal hand."""
    r2: float | None = None
    """Named: share of the parameter's variance that is explained on hands that were held out."""
    gain: float | None = None
    """Named: by how much one sigma changes the parameter, measured on decoded hands."""
    unit: str = ""
    """Of the parameter; empty for a cosine."""

    def at(self, z: Float[np.ndarray, " z"]) -> float:
        """Where ``z`` lies along this direction, in sigmas."""
        return float(self.reader @ z + (0.0 if self.bend is None else 0.5 * z @ self.bend @ z)) - self.zero

    def slope(self, z: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """By how much each dimension leads on, at ``z``."""
        return self.reader if self.bend is None else self.reader + self.bend @ z

    def step(self, z: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """One sigma on, at ``z``."""
        slope = self.slope(z)
        way = self.metric @ slope
        return way / max(float(slope @ way), _FLAT)

    def moved(self, z: Float[np.ndarray, " z"], to: float) -> Float[np.ndarray, " z"]:
        """``z`` carried along to ``to`` sigmas; of a straight direction, what others at right angles say stays."""
        if self.bend is None:
            return z + (to - self.at(z)) * self.step(z)
        z = np.asarray(z, float)
        for left in range(_PIECES, 0, -1):
            step = (to - self.at(z)) / left * self.step(z)
            z = z + step * min(1.0, _LONGEST / max(float(np.linalg.norm(step)), 1e-12))
        return z


def principal_directions(atlas: Atlas, decode: Decode) -> list[Direction]:
    """Principal directions of the aggregate posterior, those that move the hand most first.

    Sigma is that of the aggregate posterior (variance of the means plus mean variance). The axes are those of the
    means alone: with the variance added, empty dimensions weigh as much as full ones and mix with them.
    """
    z, noise = _means(atlas)
    middle = z.mean(0)
    axes = np.linalg.eigh(np.cov(z.T))[1].T  # one in a row
    sigma = np.sqrt(np.var(z @ axes.T, axis=0) + axes**2 @ noise)[:, None]
    readers = axes / sigma
    found = [Direction("", r, float(r @ middle), np.outer(s, s)) for r, s in zip(readers, axes * sigma, strict=True)]
    found = [replace(direction, mm=motion_mm(direction, z, decode)) for direction in found]
    found.sort(key=lambda direction: -direction.mm)
    return [replace(direction, name=str(k + 1)) for k, direction in enumerate(found)]


def raw_directions(z: Float[np.ndarray, "n z"], decode: Decode) -> list[Direction]:
    """The dimensions themselves, in their own order; one sigma is the prior's, so a dimension is at its own value.

    Args:
        z: hands on which to try them.
        decode: latents to joints.
    """
    found = [Direction(f"z{i + 1}", axis, 0.0, np.outer(axis, axis)) for i, axis in enumerate(np.eye(z.shape[1]))]
    return [replace(direction, mm=motion_mm(direction, z, decode)) for direction in found]


def named_directions(atlas: Atlas, decode: Decode, bent: bool = True) -> list[Direction]:
    """Ridge regression of each parameter on the latent and its products, fitted on four fifths and tested on the rest.

    Empty dimensions are left out: what lies in them is noise.

    Args:
        atlas: known hands.
        decode: latents to joints.
        bent: False for the latent alone, without its products.
    """
    z, _ = _means(atlas)
    test = np.arange(len(z)) % 5 == 4
    used = np.flatnonzero([direction.mm >= SEEN_MM for direction in raw_directions(z, decode)])
    i, j = np.triu_indices(len(used) if bent else 0)
    looks = np.concatenate([z[:, used], z[:, used][:, i] * z[:, used][:, j]], 1)
    middle = looks[~test].mean(0)
    centred = looks[~test] - middle
    gram = centred.T @ centred + _RIDGE * len(centred) * np.eye(len(middle))
    metric = np.diag(np.isin(np.arange(z.shape[1]), used).astype(float))  # as the prior measures; see docs/latent.md
    found = []
    for name, values in zip(atlas.names, atlas.parameters.T.astype(float), strict=True):
        weights = np.linalg.solve(gram, centred.T @ (values[~test] - values[~test].mean()))
        told = centred @ weights
        off = values[test] - values[~test].mean() - (looks[test] - middle) @ weights
        sigma = max(float(told.std()), 1e-9)
        reader, bend = np.zeros(z.shape[1]), np.zeros_like(metric)
        reader[used] = weights[: len(used)] / sigma
        bend[used[i], used[j]] = weights[len(used) :] / sigma
        title, _, unit = name.rstrip("]").partition(" [")
        direction = Direction(
            title, reader, float(middle @ weights) / sigma, metric, bend + bend.T,
            r2=1.0 - float(np.mean(off**2) / np.var(values[test])), unit=unit,
        )  # fmt: skip
        gain = None
        if name in PARAMETERS:
            more, less = (
                parameters_of(decode(moved))[:, PARAMETERS.index(name)] for moved in _tried(direction, z, 0.5)
            )
            gain = float((more - less).mean())
        found.append(replace(direction, mm=motion_mm(direction, z, decode), gain=gain))
    return found


def motion_mm(direction: Direction, z: Float[np.ndarray, "n z"], decode: Decode) -> float:
    """How far one sigma moves a joint, to either side of some of these hands: mean over joints and hands, mm."""
    there, back = (decode(moved) for moved in _tried(direction, z, 1.0))
    return float(np.linalg.norm(there - back, axis=-1).mean()) / 2 * 1000 * NOMINAL_HAND_LENGTH_M


def _means(atlas: Atlas) -> tuple[Float[np.ndarray, "n z"], Float[np.ndarray, " z"]]:
    """Where the hands lie by their true joints, and the variance of one posterior."""
    return atlas.z["joints3d"].astype(float), atlas.variance["joints3d"].astype(float)


def _tried(direction: Direction, z: np.ndarray, sigmas: float) -> tuple[np.ndarray, np.ndarray]:
    """Hands spread evenly over these, moved to either side."""
    some = z[np.linspace(0, len(z) - 1, min(len(z), _TRIED)).astype(int)]
    there, back = ([direction.moved(one, direction.at(one) + by) for one in some] for by in (sigmas, -sigmas))
    return np.array(there, np.float32), np.array(back, np.float32)
