"""A user's own hand model in MANO's format (Romero, Tzionas and Black, SIGGRAPH Asia 2017), forward and inverse.

The file comes from its authors under their licence (``MANO_RIGHT.pkl``); nothing of it is part of this program. A pose
is 48 numbers: rotation vectors of the wrist and of 15 joints (index, middle, little, ring, thumb, from the palm on),
with the model's mean pose in them (``flat_hand_mean``). Linear blend skinning with shape and pose correctives; the
fingertips are five vertices, those of the ``smplx`` package.

Hands are right hands; parameters of a left hand are those of its mirror image (:func:`mirrored_parameters`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from handcam.geometry import einsum, fit_rotation
from handcam.hand.conventions import from_order, to_order
from handcam.hand.mano_file import read_mano_file
from handcam.hand.rotations import rotation_matrices, rotation_vectors, swing
from handcam.hand.skeleton import bone_lengths
from handcam.types import Array, HandcamError

__all__ = ["Mano", "ManoPose", "load_mano", "mirrored_parameters"]

TIPS = (744, 320, 443, 554, 671)
"""Vertices of the fingertips: thumb, index, middle, ring, little."""
_PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)
_NEXT = ((1, 2, 3, 17), (4, 5, 6, 18), (7, 8, 9, 20), (10, 11, 12, 19), (13, 14, 15, 16))
"""Chains of joints from the palm to the tip, in the model's order: 16 joints, then the tips."""
_SHAPE_PRIOR = 1e-3
"""Error of a bone at which a shape parameter of one is as likely, metres: the balance of minimal-hand's equation 8."""
_POSE_PRIOR = 3e-6
"""Weight of the squared turns away from the closed form against squared distances in metres."""
_ROUNDS = 12
_CHUNK = 64
"""Hands that are fitted at once."""


def _solve(matrix: Array, right: Array) -> Array:
    return np.linalg.solve(matrix, right)


class ManoPose(NamedTuple):
    """Parameters of ``n`` right hands."""

    pose: Float[Array, "n 48"]
    """Rotation vectors: the wrist's in the camera frame, then 15 joints' in their parents', the mean pose included."""
    betas: Float[Array, "n 10"]
    """Shape."""
    trans_m: Float[Array, "n 3"]
    """Added to every vertex."""


def mirrored_parameters(found: ManoPose) -> ManoPose:
    """Parameters, for the left model, of the mirror images (x to -x) of right hands; and back."""
    turns = found.pose.reshape(-1, 16, 3) * np.array([1.0, -1.0, -1.0])
    return ManoPose(turns.reshape(-1, 48), found.betas, found.trans_m * np.array([-1.0, 1.0, 1.0]))


def load_mano(path: Path) -> "Mano":
    """Read a right hand's model.

    Raises:
        HandcamError: the file cannot be read, or is no hand model.
    """
    read = read_mano_file(path)
    shapes = {"v_template": ("v", 3), "shapedirs": ("v", 3, 10), "posedirs": ("v", 3, 135), "J_regressor": (16, "v"),
              "weights": ("v", 16), "f": ("f", 3), "hands_mean": (45,)}  # fmt: skip
    for name, shape in shapes.items():
        found = read[name].shape if name in read else None
        if found is None or len(found) != len(shape) or any(
            isinstance(a, int) and a != b for a, b in zip(shape, found, strict=True)
        ):  # fmt: skip
            raise HandcamError(f"{path} is no hand model in MANO's format ({name}: {found}); give MANO_RIGHT.pkl.")
    vertices = len(read["v_template"])
    if vertices <= max(TIPS) or any(len(read[name]) != vertices for name in ("shapedirs", "posedirs", "weights")):
        raise HandcamError(f"{path} is no hand model in MANO's format ({vertices} vertices); give MANO_RIGHT.pkl.")
    template, shape, regressor = (read[name].astype(float) for name in ("v_template", "shapedirs", "J_regressor"))
    return Mano(
        template, shape, read["posedirs"].astype(float), read["weights"].astype(float), read["f"].astype(np.int64),
        read["hands_mean"].astype(float), regressor @ template, einsum("jv,vkb->jkb", regressor, shape),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mano:
    """The right hand's model, metres."""

    template_m: Float[Array, "v 3"]
    """Vertices of the mean shape at rest."""
    shape_m: Float[Array, "v 3 10"]
    """What each shape parameter adds."""
    correctives_m: Float[Array, "v 3 135"]
    """What each entry of the joints' rotation matrices minus the identity adds."""
    weights: Float[Array, "v 16"]
    """Share of each joint in each vertex."""
    faces: Int[Array, "f 3"]
    """Triangles."""
    mean_rad: Float[Array, " 45"]
    """The mean pose."""
    joints_m: Float[Array, "16 3"]
    """Joints of the mean shape at rest."""
    joint_shape_m: Float[Array, "16 3 10"]
    """What each shape parameter adds to them."""

    def joints(self, given: ManoPose) -> Float[Array, "n 21 3"]:
        """Pose the 21 joints, in the order of :mod:`handcam.hand.skeleton`."""
        joints, tips = self._forward(given, np.array(TIPS))
        return from_order(np.concatenate([joints, tips], 1), "mano")

    def vertices(self, given: ManoPose) -> Float[Array, "n v 3"]:
        """Pose the surface."""
        return self._forward(given, np.arange(len(self.template_m)))[1]

    def _forward(self, given: ManoPose, rows: Array) -> tuple[Array, Array]:
        """Joints in the model's order (n 16 3), and the vertices of these numbers (n r 3)."""
        n = len(given.pose)
        local = rotation_matrices(given.pose.reshape(n, 16, 3))
        rest = self.joints_m + einsum("jkb,nb->njk", self.joint_shape_m, given.betas)
        turns, at = np.empty((n, 16, 3, 3)), np.empty((n, 16, 3))
        turns[:, 0], at[:, 0] = local[:, 0], rest[:, 0]
        for j, parent in enumerate(_PARENTS[1:], 1):
            turns[:, j] = turns[:, parent] @ local[:, j]
            at[:, j] = at[:, parent] + einsum("nab,nb->na", turns[:, parent], rest[:, j] - rest[:, parent])
        shaped = self.template_m[rows] + einsum("vkb,nb->nvk", self.shape_m[rows], given.betas)
        features = (local[:, 1:] - np.eye(3)).reshape(n, 135)
        posed = shaped + einsum("vkf,nf->nvk", self.correctives_m[rows], features)
        offset = at - einsum("njab,njb->nja", turns, rest)
        blended = einsum("vj,njab->nvab", self.weights[rows], turns)
        moved = einsum("nvab,nvb->nva", blended, posed) + einsum("vj,nja->nva", self.weights[rows], offset)
        return at + given.trans_m[:, None], moved + given.trans_m[:, None]

    def fit(self, joints_m: Float[Array, "n 21 3"]) -> ManoPose:
        """Find the parameters of one person's right hands from their joints: inverse kinematics.

        One shape for all, whose bones are as long as the joints' median bones (Gauss-Newton). Each pose begins with the
        smallest turns that aim every bone, and is then moved onto the joints (Levenberg-Marquardt).

        Args:
            joints_m: camera frame, finite.
        """
        betas = self._fit_shape(np.median(bone_lengths(joints_m), axis=0))
        parts = [self._fit_poses(part, betas) for part in np.array_split(joints_m, -(-len(joints_m) // _CHUNK))]
        return ManoPose(*(np.concatenate(values) for values in zip(*parts, strict=True)))

    def _fit_shape(self, lengths_m: Float[Array, " 20"]) -> Float[Array, " 10"]:
        betas: Array = np.zeros(10)
        steps = np.concatenate([np.zeros((1, 10)), 1e-3 * np.eye(10)])
        for _ in range(_ROUNDS):
            tried = betas + steps
            found = bone_lengths(self.joints(ManoPose(np.zeros((11, 48)), tried, np.zeros((11, 3)))))
            slopes = ((found[1:] - found[0]) / 1e-3).T
            normal = slopes.T @ slopes + _SHAPE_PRIOR**2 * np.eye(10)
            betas = betas + _solve(normal, slopes.T @ (lengths_m - found[0]) - _SHAPE_PRIOR**2 * betas)
        return betas

    def _fit_poses(self, joints_m: Float[Array, "n 21 3"], betas: Float[Array, " 10"]) -> ManoPose:
        n, shapes = len(joints_m), np.tile(betas, (len(joints_m), 1))
        start = np.concatenate([self._aimed(joints_m, betas), np.zeros((n, 3))], 1)
        start[:, 48:] = (joints_m - self.joints(ManoPose(start[:, :48], shapes, start[:, 48:]))).mean(1)
        prior = np.r_[np.full(48, _POSE_PRIOR), np.zeros(3)]
        steps = np.concatenate([np.zeros((1, 51)), 1e-5 * np.eye(51)])
        x, best, least, damping = start, start.copy(), np.full(n, np.inf), np.full(n, 1e-4)
        normal, right = np.zeros((n, 51, 51)), np.zeros((n, 51))
        for _ in range(_ROUNDS):
            tried = (x[:, None] + steps).reshape(-1, 51)
            found = self.joints(ManoPose(tried[:, :48], np.repeat(shapes, 52, axis=0), tried[:, 48:]))
            found = found.reshape(n, 52, 63)
            slopes = np.swapaxes(found[:, 1:] - found[:, :1], 1, 2) / 1e-5
            off = joints_m.reshape(n, 63) - found[:, 0]
            cost = (off**2).sum(1) + (prior * (start - x) ** 2).sum(1)
            better = cost < least
            best[better], least[better] = x[better], cost[better]
            normal[better] = (np.swapaxes(slopes, 1, 2) @ slopes)[better] + np.diag(prior)
            right[better] = (einsum("nrk,nr->nk", slopes, off) + prior * (start - x))[better]
            damping = np.where(better, damping / 4, damping * 8)
            x = best + np.linalg.solve(normal + damping[:, None, None] * np.eye(51), right[..., None])[..., 0]
        return ManoPose(best[:, :48], shapes, best[:, 48:])

    def _aimed(self, joints_m: Float[Array, "n 21 3"], betas: Float[Array, " 10"]) -> Float[Array, "n 48"]:
        """Rotation vectors in closed form: the palm by least squares, each bone by the smallest turn."""
        seen = to_order(joints_m, "mano")
        rest = to_order(self.joints(ManoPose(np.zeros((1, 48)), betas[None], np.zeros((1, 3)))), "mano")[0]
        chains = np.array(_NEXT)
        palm = np.r_[0, chains[:, 0]]
        turns = np.empty((len(seen), 16, 3, 3))
        turns[:, 0] = fit_rotation(rest[palm], seen[:, palm])
        parent = np.repeat(turns[:, :1], 5, axis=1)
        for level in range(3):
            a, b = chains[:, level], chains[:, level + 1]
            parent = swing(parent, rest[b] - rest[a], seen[:, b] - seen[:, a])
            turns[:, a] = parent
        local = turns.copy()
        local[:, 1:] = np.swapaxes(turns[:, list(_PARENTS[1:])], -1, -2) @ turns[:, 1:]
        return rotation_vectors(local).reshape(-1, 48)
