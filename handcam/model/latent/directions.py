"""Directions in the latent space, each with its effect on the hand.

The prior N(0, I) gives no axis a meaning, and a trained model leaves many axes empty (their posterior is the prior,
whatever is seen). So directions are found from the reference set, a sample of the aggregate posterior, and measured
through the decoder: the *principal* directions of its means, and *named* ones, along which hands have more of one
parameter. The latter are curved: the latent describes the hand as the camera sees it, so what curls a thumb depends on
the view.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from handcam.hand.anatomy import ANGLES, angles_deg, pinch_distance_m
from handcam.hand.skeleton import FINGERS
from handcam.hand.surface import palm_frame
from handcam.model.embedding import ReferenceSet
from handcam.types import NOMINAL_HAND_LENGTH_M

__all__ = ["EFFECTS", "PARAMETERS", "SEEN_MM", "Coordinate", "Decode", "Direction", "effects_of", "motion_mm",
           "named_directions", "parameters_of", "principal_directions", "raw_directions"]  # fmt: skip

PARAMETERS = (
    "open [°]", "spread [°]", "pinch [hand lengths]", *(f"{finger} curl [°]" for finger in FINGERS),
    "palm ahead", "tips ahead", "tips right",
)  # fmt: skip
"""Names with units in brackets, in order; those without are cosines. Higher is more of it."""
EFFECTS = {
    "fingers curl": 8.0, **{f"{finger} curls": 10.0 for finger in FINGERS}, "fingers spread": 6.0,
    "thumb spreads": 4.0, "tips go away": 6.0, "right side comes nearer": 6.0, "turns clockwise": 6.0,
}  # fmt: skip
"""What a principal direction is named by, and the degrees by which one sigma must change it to give its name."""
Decode = Callable[[Float[np.ndarray, "n z"]], Float[np.ndarray, "n 21 3"]]
"""Latents to joints, hand lengths."""
SEEN_MM = 0.5
"""A direction that moves the hand by less than this does nothing that can be seen."""
_TRIED = 24
"""Hands on which a direction is tried."""
_RIDGE = 1e-2
"""Weight of the ridge for each hand."""
_PIECES, _LONGEST = 12, 0.5
"""Straight pieces that approximate a curved direction, and the greatest length of each."""
_STEADY = 0.45
"""A principal direction is named by what it does evenly: mean change over hands against its root mean square."""
_FLAT = 1e-3
"""Steepness below which a direction leads nowhere."""


def parameters_of(joints: Float[np.ndarray, "n 21 3"]) -> Float[np.ndarray, "n k"]:
    """The parameters of right hands, in the order of :data:`PARAMETERS`.

    *curl* is the sum of a finger's three flexions (the thumb's CMC, MCP, IP); *open* is minus the mean curl of the four
    fingers; *spread* is by how much index, ring and little finger point away from the middle one, together; *pinch* is
    minus the distance of the tips of thumb and index finger; the last three say how far the palm's side and the fingers
    of a flat hand point towards the camera, and the fingers to the right of the picture.

    Args:
        joints: hand lengths, in the frame of the crop's camera (x right, y down, z away).
    """
    curl, (spread, _) = _curls(joints)
    forward, dorsal = np.moveaxis(palm_frame(joints)[..., 1:], -1, 0)
    values = [-np.mean(curl[1:], axis=0), spread, -pinch_distance_m(joints), *curl]
    return np.stack([*values, dorsal[:, 2], -forward[:, 2], forward[:, 0]], 1).astype(np.float32)


@runtime_checkable
class Coordinate(Protocol):
    """A coordinate of the latent that is no polynomial."""

    def at(self, z: Float[np.ndarray, " z"]) -> float:
        """Its value, in sigmas."""
        ...

    def slope(self, z: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """Its gradient."""
        ...

    def moved(self, z: Float[np.ndarray, " z"], to: float) -> Float[np.ndarray, " z"]:
        """``z`` with another value of it."""
        ...


@dataclass(frozen=True, slots=True)
class Direction:
    """A straight direction, or a curved one that follows a quadratic function of the latent or another coordinate."""

    name: str
    """Its name."""
    linear: Float[np.ndarray, " z"]
    """``linear @ z + z @ quadratic @ z / 2 - offset`` is the coordinate of ``z`` along it, in sigmas."""
    offset: float
    """See ``linear``."""
    metric: Float[np.ndarray, "z z"]
    """Inverse of the metric of steps; the shortest step that leads on is taken."""
    quadratic: Float[np.ndarray, "z z"] | None = None
    """Symmetric; None where it is straight."""
    mm: float = 0.0
    """Motion of a joint by one sigma, the mean over joints and hands, mm on the nominal hand."""
    r2: float | None = None
    """Named: share of the parameter's variance that is explained on hands that were held out."""
    gain: float | None = None
    """Named: by how much one sigma changes the parameter, measured on decoded hands."""
    unit: str = ""
    """Of the parameter; empty for a cosine."""
    curve: Coordinate | None = None
    """In the place of the polynomial."""

    def at(self, z: Float[np.ndarray, " z"]) -> float:
        """Coordinate of ``z`` along this direction, in sigmas."""
        if self.curve is not None:
            return self.curve.at(z)
        return float(self.linear @ z + (0.0 if self.quadratic is None else 0.5 * z @ self.quadratic @ z)) - self.offset

    def slope(self, z: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """Gradient of the coordinate at ``z``."""
        if self.curve is not None:
            return self.curve.slope(z)
        return self.linear if self.quadratic is None else self.linear + self.quadratic @ z

    def step(self, z: Float[np.ndarray, " z"]) -> Float[np.ndarray, " z"]:
        """Shortest step by one sigma, at ``z``."""
        slope = self.slope(z)
        way = self.metric @ slope
        return way / max(float(slope @ way), _FLAT)

    def moved(self, z: Float[np.ndarray, " z"], to: float) -> Float[np.ndarray, " z"]:
        """``z`` carried along to ``to`` sigmas; of a straight direction, what others at right angles say stays."""
        if self.curve is not None:
            return self.curve.moved(z, to)
        if self.quadratic is None:
            return z + (to - self.at(z)) * self.step(z)
        z = np.asarray(z, float)
        for left in range(_PIECES, 0, -1):
            step = (to - self.at(z)) / left * self.step(z)
            z = z + step * min(1.0, _LONGEST / max(float(np.linalg.norm(step)), 1e-12))
        return z


def principal_directions(references: ReferenceSet, decode: Decode) -> list[Direction]:
    """Principal directions of the aggregate posterior, those that move the hand most first.

    Sigma is that of the aggregate posterior (variance of the means plus mean variance). The axes are those of the
    means alone: with the variance added, empty dimensions weigh as much as full ones and mix with them. Each is named
    by what it changes most, measured through the decoder: ``3 index curls``.
    """
    z, noise = _means(references)
    middle = z.mean(0)
    axes = np.linalg.eigh(np.cov(z.T))[1].T  # one in a row
    sigma = np.sqrt(np.var(z @ axes.T, axis=0) + axes**2 @ noise)[:, None]
    readers = axes / sigma
    found = [Direction("", r, float(r @ middle), np.outer(s, s)) for r, s in zip(readers, axes * sigma, strict=True)]
    found = [replace(direction, mm=motion_mm(direction, z, decode)) for direction in found]
    found.sort(key=lambda direction: -direction.mm)
    return [_called(direction, f"{k + 1}", z, decode) for k, direction in enumerate(found)]


def _called(direction: Direction, number: str, z: np.ndarray, decode: Decode) -> Direction:
    """Name a straight direction by its number and by what it changes most, upwards; by its number alone where it
    changes nothing by much, or lets one hand do the opposite of another."""
    if direction.mm < SEEN_MM:
        return replace(direction, name=number)
    change = effects_of(*(decode(moved) for moved in _tried(direction, z, 1.0))) / 2  # (hands, effects)
    mean = change.mean(0)
    steady = np.abs(mean) > _STEADY * np.sqrt(np.square(change).mean(0))
    size = np.where(steady, mean / np.array(list(EFFECTS.values())), 0.0)
    best = int(np.abs(size).argmax())
    if abs(size[best]) < 1.0:
        return replace(direction, name=number)
    turned = direction if size[best] > 0 else replace(direction, linear=-direction.linear, offset=-direction.offset)
    return replace(turned, name=f"{number} {list(EFFECTS)[best]}")


def effects_of(more: Float[np.ndarray, "n 21 3"], less: Float[np.ndarray, "n 21 3"]) -> Float[np.ndarray, "n e"]:
    """By how much more of each of :data:`EFFECTS` the first hands have, degrees; joints as :func:`parameters_of`."""
    (curl, across), (curl_less, across_less) = (_curls(hand) for hand in (more, less))
    turn = Rotation.from_matrix(palm_frame(more) @ palm_frame(less).swapaxes(1, 2)).as_rotvec(degrees=True)
    curl, across = curl - curl_less, across - across_less
    return np.nan_to_num(np.stack([curl[1:].mean(0), *curl, *across, -turn[:, 0], -turn[:, 1], turn[:, 2]], 1))


def _curls(joints: Float[np.ndarray, "n 21 3"]) -> tuple[np.ndarray, np.ndarray]:
    """Curl of each finger (5 n), and spread of the fingers and of the thumb (2 n), degrees."""
    angle = dict(zip(ANGLES, np.moveaxis(angles_deg(joints), -1, 0), strict=True))
    curl = [angle["thumb_cmc_flexion"] + angle["thumb_mcp_flexion"] + angle["thumb_ip_flexion"]]
    curl += [sum(angle[f"{f}_{part}_flexion"] for part in ("mcp", "pip", "dip")) for f in FINGERS[1:]]
    spread = sum(angle[f"{finger}_mcp_abduction"] for finger in ("index", "ring", "little"))
    return np.array(curl), np.array([spread, angle["thumb_cmc_abduction"]])


def raw_directions(z: Float[np.ndarray, "n z"], decode: Decode) -> list[Direction]:
    """The dimensions themselves, in their own order; one sigma is the prior's, so a dimension is at its own value.

    Args:
        z: hands on which to try them.
        decode: latents to joints.
    """
    found = [Direction(f"z{i + 1}", axis, 0.0, np.outer(axis, axis)) for i, axis in enumerate(np.eye(z.shape[1]))]
    return [replace(direction, mm=motion_mm(direction, z, decode)) for direction in found]


def named_directions(references: ReferenceSet, decode: Decode, products: bool = True) -> list[Direction]:
    """Ridge regression of each parameter on the latent and its products, fitted on four fifths and tested on the rest.

    Empty dimensions are left out: what lies in them is noise.

    Args:
        references: known hands.
        decode: latents to joints.
        products: False for the latent alone, without its products.
    """
    z, _ = _means(references)
    test = np.arange(len(z)) % 5 == 4
    used = np.flatnonzero([direction.mm >= SEEN_MM for direction in raw_directions(z, decode)])
    i, j = np.triu_indices(len(used) if products else 0)
    features = np.concatenate([z[:, used], z[:, used][:, i] * z[:, used][:, j]], 1)
    middle = features[~test].mean(0)
    centred = features[~test] - middle
    gram = centred.T @ centred + _RIDGE * len(centred) * np.eye(len(middle))
    metric = np.diag(np.isin(np.arange(z.shape[1]), used).astype(float))  # as the prior measures; see docs/latent.md
    found = []
    for name, values in zip(references.names, references.parameters.T.astype(float), strict=True):
        weights = np.linalg.solve(gram, centred.T @ (values[~test] - values[~test].mean()))
        fitted = centred @ weights
        off = values[test] - values[~test].mean() - (features[test] - middle) @ weights
        sigma = max(float(fitted.std()), 1e-9)
        linear, quadratic = np.zeros(z.shape[1]), np.zeros_like(metric)
        linear[used] = weights[: len(used)] / sigma
        quadratic[used[i], used[j]] = weights[len(used) :] / sigma
        title, _, unit = name.rstrip("]").partition(" [")
        direction = Direction(
            title, linear, float(middle @ weights) / sigma, metric, quadratic + quadratic.T,
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
    """Measure how far one sigma moves a joint, to either side of some of these hands: mean, mm."""
    there, back = (decode(moved) for moved in _tried(direction, z, 1.0))
    return float(np.linalg.norm(there - back, axis=-1).mean()) / 2 * 1000 * NOMINAL_HAND_LENGTH_M


def _means(references: ReferenceSet) -> tuple[Float[np.ndarray, "n z"], Float[np.ndarray, " z"]]:
    """Posterior means of the true joints, and the variance of one posterior."""
    return references.z["joints3d"].astype(float), references.variance["joints3d"].astype(float)


def _tried(direction: Direction, z: np.ndarray, sigmas: float) -> tuple[np.ndarray, np.ndarray]:
    """Hands spread evenly over these, moved to either side."""
    some = z[np.linspace(0, len(z) - 1, min(len(z), _TRIED)).astype(int)]
    there, back = ([direction.moved(one, direction.at(one) + by) for one in some] for by in (sigmas, -sigmas))
    return np.array(there, np.float32), np.array(back, np.float32)
