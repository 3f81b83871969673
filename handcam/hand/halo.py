"""HALO: the hand as an implicit surface over its joints (Karunratanakul et al., 3DV 2021), run in plain numpy.

Each bone has a small net that gives signed distances in the bone's own frame (:mod:`.canonical`), and the hand is the
union of the bones: the smallest distance counts. As in the paper the 21 joints are all that is needed. Two things
differ: nets are trained on signed distances instead of occupancies, so that a point inside also has a depth, and on the
free rig instead of MANO (``handcam train halo``).
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float, Int

from handcam.errors import InputError, WeightsError
from handcam.hand.canonical import FAR, PARTS, BonePoses, bone_features, bone_poses, box_coordinates, polynomials
from handcam.hand.skeleton import JOINTS, MIRROR
from handcam.paths import digest, shipped
from handcam.types import Array, Side

__all__ = ["CELL", "FAR", "ImplicitHand", "implausible", "implicit_hand", "load_nets"]

CELL = 0.003
"""Edge of a cell when a surface is extracted, metres of the rig."""
_NAMES = (
    "pose_in",
    "pose_bias",
    "pose_out",
    "bias",
    "first",
    "second",
    "third",
    "last",
    "skip",
    "end",
    "least",
    "most",
)
"""Arrays of the nets, stacked by part; :mod:`handcam.lab.train.halo` has their shapes."""
_CM = 100.0
_PALM_BEHIND, _ROOM = 0.03, 0.024
"""Room of the grid behind the wrist and around the joints, metres of the rig."""
_LIMITS = 0.5, 2.0
"""Shortest and longest that a bone may be, and narrowest and broadest that a palm, against the rig's."""


@dataclass(frozen=True, slots=True, eq=False)
class ImplicitHand:
    """One hand in one pose as a function of space."""

    side: Side
    """Left hands are mirrored."""
    joints_m: Float[Array, "21 3"]
    """Joints of the right hand."""
    poses: BonePoses
    """Its parts."""
    nets: dict[str, Array]
    """Weights of all parts."""
    biases: Float[Array, "16 3 w"]
    """What the pose adds to each layer."""

    @property
    def size(self) -> float:
        """Size of the hand against the rig's, by the palm's length."""
        return float(self.poses.size)

    def distance(self, points_m: Float[Array, "n 3"]) -> Float[Array, " n"]:
        """Signed distance of points from the surface, metres, negative inside; about 12 mm at most either way."""
        points = points_m * MIRROR if self.side is Side.LEFT else points_m
        return self._right(points) * np.float32(self.size / _CM)

    def _right(self, points_m: Float[Array, "n 3"]) -> Float[Array, " n"]:
        """Distances of a right hand, centimetres of the rig."""
        n = self.nets
        out = np.full(len(points_m), _CM * FAR, np.float32)
        boxes = box_coordinates(points_m, self.poses)
        inside = np.abs(boxes).max(1) < 1
        for part in range(len(PARTS)):
            at = np.flatnonzero(inside[part])
            if not len(at):
                continue
            x0 = polynomials(boxes[part][:, at])
            x = x0
            for layer, bias in zip(("first", "second", "third"), self.biases[part], strict=True):
                x = n[layer][part] @ x
                x += bias[:, None]
                np.maximum(x, 0.0, out=x)
            found = n["last"][part] @ x
            found += n["skip"][part] @ x0
            found += n["end"][part]
            out[at] = np.minimum(out[at], found[0])
        return out

    def surface(self, cell: float = CELL) -> tuple[Float[Array, "v 3"], Int[Array, "f 3"]]:
        """Extract the surface by marching cubes (Lewiner et al. 2003), from coarse to fine.

        The field is first evaluated on a grid of twice the edge; only cells that the surface may cross are divided.

        Args:
            cell: edge of the cells, metres of the rig; that of a larger hand is larger.

        Returns:
            Vertices (metres, the joints' frame) and triangles, counter-clockwise from outside; none where there is no
            surface.
        """
        import skimage  # once a surface is wanted

        size, palm, origin = self.size, self.poses.axes[0], self.poses.origin_m[0]
        joints = (self.joints_m - origin) @ palm / size
        low, high = joints.min(0) - _ROOM, joints.max(0) + _ROOM
        high[2] = max(high[2], _PALM_BEHIND)
        shape = np.ceil((high - low) / (2 * cell)).astype(int)
        axes: list[Array] = [(low[k] + cell * (2 * np.arange(shape[k]) + 0.5)) for k in range(3)]
        coarse_at = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
        to_space = (palm * size).T
        coarse = self._right(coarse_at @ to_space + origin).reshape(shape)
        near = np.abs(coarse) < 0.95 * _CM * (2 * cell)
        field = coarse.repeat(2, 0).repeat(2, 1).repeat(2, 2)
        corner = np.argwhere(near) * 2
        fine = (corner[:, None] + _CHILDREN).reshape(-1, 3)
        field[tuple(fine.T)] = self._right((low + cell * fine) @ to_space + origin)
        if not (field < 0).any():
            return np.zeros((0, 3)), np.zeros((0, 3), np.int32)
        measure: Any = skimage.measure  # the package states no types
        vertices, faces = cast(tuple[Array, Array], measure.marching_cubes(field, 0.0)[:2])
        vertices = (low + cell * vertices) @ to_space + origin
        if self.side is Side.LEFT:
            return vertices * MIRROR, faces[:, ::-1]
        return vertices, faces


_CHILDREN = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(8, 3)


def implicit_hand(
    joints_m: Float[Array, "21 3"],
    side: Side = Side.RIGHT,
    thickness: Float[Array, " 5"] | None = None,
    weights: Path | None = None,
) -> ImplicitHand:
    """The implicit surface over joints.

    Args:
        joints_m: any right-handed frame.
        side: of the hand.
        thickness: of each finger against the rig's at the hand's size, where it is known.
        weights: file of the nets; None for those that ship.

    Raises:
        InputError: the joints are not those of a hand (:func:`implausible`).
        WeightsError: the nets are missing or damaged.
    """
    why = implausible(joints_m)
    if why is not None:
        raise InputError(f"There is no surface over these joints: {why}.")
    joints = np.asarray(joints_m, float) * (MIRROR if side is Side.LEFT else 1.0)
    nets = load_nets(weights)
    poses = bone_poses(joints, thickness)
    features = np.clip(bone_features(joints, poses), nets["least"], nets["most"])  # noisy joints are bent beyond these
    code = np.maximum((features[:, None] @ nets["pose_in"])[:, 0] + nets["pose_bias"], 0.0)
    biases = (code[:, None] @ nets["pose_out"])[:, 0] + nets["bias"]
    return ImplicitHand(side, joints, poses, nets, biases.reshape(len(PARTS), 3, -1))


def implausible(joints_m: Float[Array, "21 3"]) -> str | None:
    """Say why there is no surface over joints, as the end of a sentence; None where there is one."""
    joints = np.asarray(joints_m, float)
    if not np.isfinite(joints).all():
        return "not all of them are known"
    poses = bone_poses(joints)
    if not (np.isfinite(poses.axes).all() and float(poses.size) > 0.1):
        return "those of the palm lie in one line"
    against = np.concatenate([poses.scale[:, 2], poses.scale[:1, 0]]) / poses.size
    worst = int(np.abs(np.log(np.maximum(against, 1e-9))).argmax())
    if _LIMITS[0] <= against[worst] <= _LIMITS[1]:
        return None
    finger, _, joint = JOINTS[int(PARTS[worst % len(PARTS)])].partition("_")
    of = f"the bone from the {finger} {joint.upper()} on" if joint else "the palm"
    return f"{of} is {against[worst]:.2g} times as {'broad' if worst == len(PARTS) else 'long'} as in the hand model"


@cache
def load_nets(weights: Path | None = None) -> dict[str, Array]:
    """Read the nets of all parts and check them against their side file; None for those that ship.

    Raises:
        WeightsError: a file is missing or damaged.
    """
    path = shipped("weights/halo.npz") if weights is None else weights
    try:
        known = json.loads(path.with_suffix(".json").read_text("utf-8"))["sha256"]
        if digest(path) != known:
            raise WeightsError(f"{path} is not the file that {path.stem}.json describes; restore both together.")
        with np.load(path, allow_pickle=False) as file:
            nets = {name: file[name].astype(np.float32) for name in _NAMES}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"The surface HALO needs {path} and its side file: {error}; install handcam again."
        ) from None
    for name in ("first", "second", "third", "last", "skip"):
        nets[name] = np.ascontiguousarray(nets[name].swapaxes(1, 2))  # points are columns
    return nets
