"""Meshes of skeleton and surface with constant topology, so that a frame only moves vertices (0.3 ms a hand)."""

import numpy as np
import open3d as o3d
from jaxtyping import Float, Int

from handcam.errors import HandcamError
from handcam.gui.style.colours import JOINT_RGB
from handcam.hand.rig import face_sums, load_rig, vertex_normals
from handcam.hand.skeleton import BONES
from handcam.hand.surface import surface_faces, surface_for_joints
from handcam.types import Side

__all__ = ["HandSurfaceMesh", "ImplicitSurfaceMesh", "SkeletonMesh"]

_SIDES = 12
_BONE_RADIUS_M = (0.0034, 0.0026)
"""At the parent and at the child."""
_CELL = 0.0035
"""Edge of the cells of an implicit surface, metres of the rig: two thirds of the time of the library's."""
_JOINT_RADIUS_M = 0.0042
"""Of a joint; how far it may be off is drawn as an ellipsoid around it."""


def _sphere(resolution: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit sphere: vertices (also normals) and triangles."""
    sphere = o3d.geometry.TriangleMesh.create_sphere(1.0, resolution)
    return np.asarray(sphere.vertices), np.asarray(sphere.triangles)


def _tube() -> np.ndarray:
    """Triangles of an open tube of two rings; its vertices depend on the bone."""
    k = np.arange(_SIDES)
    n = (k + 1) % _SIDES
    return np.concatenate([np.stack([k, n, k + _SIDES], -1), np.stack([n, n + _SIDES, k + _SIDES], -1)])


class SkeletonMesh:
    """Joints as balls, bones as tapered tubes, coloured by finger; for one hand."""

    triangles: Int[np.ndarray, "t 3"]
    """Vertex numbers."""
    colours: Float[np.ndarray, "v 3"]
    """Vertex colours, 0 to 1."""
    joint_rgb: Float[np.ndarray, "21 3"]
    """Colour of each joint and of the bone that leads to it."""

    def __init__(self, radius_m: float | None = None, colour: Float[np.ndarray, " 3"] | None = None) -> None:
        """
        Args:
            radius_m: of every bone and joint alike.
            colour: one colour for all instead of the fingers' own.
        """
        self._radius_m = radius_m
        self.joint_rgb = JOINT_RGB if colour is None else np.tile(np.asarray(colour, np.float32), (21, 1))
        self._unit, ball = _sphere(7 if radius_m is None else 3)
        tube = _tube()
        joints, bones = 21, len(BONES)
        balls = (ball + np.arange(joints)[:, None, None] * len(self._unit)).reshape(-1, 3)
        tubes = (tube + np.arange(bones)[:, None, None] * 2 * _SIDES).reshape(-1, 3) + joints * len(self._unit)
        self.triangles = np.concatenate([balls, tubes]).astype(np.int32)
        self._parents, self._children = np.array(BONES).T
        bone_rgb = self.joint_rgb[self._children] * 0.88
        self.colours = np.concatenate(
            [np.repeat(self.joint_rgb, len(self._unit), axis=0), np.repeat(bone_rgb, 2 * _SIDES, axis=0)]
        ).astype(np.float64)
        around = np.arange(_SIDES) * 2 * np.pi / _SIDES
        self._cos, self._sin = np.cos(around)[None, :, None], np.sin(around)[None, :, None]

    @property
    def vertices_per_joint(self) -> int:
        """Vertices of one ball; those of the joints come first, in order."""
        return len(self._unit)

    def pose(self, joints_m: Float[np.ndarray, "21 3"]) -> tuple[Float[np.ndarray, "v 3"], Float[np.ndarray, "v 3"]]:
        """Vertices and normals."""
        joints = np.asarray(joints_m, np.float64)
        thin = self._radius_m
        balls = joints[:, None] + self._unit * (_JOINT_RADIUS_M if thin is None else thin)
        a, b = joints[self._parents], joints[self._children]
        along = b - a
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        other = np.where(np.abs(along[:, :1]) < 0.8, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
        u = np.cross(along, other)
        u /= np.maximum(np.linalg.norm(u, axis=1, keepdims=True), 1e-9)
        v = np.cross(along, u)
        ring = u[:, None] * self._cos + v[:, None] * self._sin
        near, far = _BONE_RADIUS_M if thin is None else (thin, thin)
        tubes = np.concatenate([a[:, None] + ring * near, b[:, None] + ring * far], axis=1)
        normals = np.concatenate([ring, ring], axis=1)
        unit = np.broadcast_to(self._unit, balls.shape)
        return (
            np.concatenate([balls.reshape(-1, 3), tubes.reshape(-1, 3)]),
            np.concatenate([unit.reshape(-1, 3), normals.reshape(-1, 3)]),
        )


_Triangles = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Vertices, normals and triangles."""


class HandSurfaceMesh:
    """Vertices and normals of a hand's surface for any 21 joints; topology is constant."""

    count: int
    """Number of vertices."""
    triangles: Int[np.ndarray, "t 3"]
    """Vertex numbers."""
    colour: Float[np.ndarray, " 3"]
    """A neutral clay, 0 to 1, so that the finger colours keep their meaning."""

    def __init__(self) -> None:
        self._rig = load_rig()
        self.count = len(self._rig.vertices_m)
        self.triangles = np.asarray(surface_faces(), np.int32)
        self.colour = np.array([0.72, 0.70, 0.69])

    def pose(
        self, joints_m: Float[np.ndarray, "21 3"], left: bool, frames: Float[np.ndarray, "21 3 3"] | None
    ) -> tuple[Float[np.ndarray, "v 3"], Float[np.ndarray, "v 3"]]:
        """Vertices and outward normals, in the joints' frame; skinned, with ``frames`` as of
        :func:`surface_for_joints`, NaN where they are not known, or by the net if None."""
        side = Side.LEFT if left else Side.RIGHT
        if frames is None:
            from handcam.tracking.mesh import graph_surface  # with the runtimes, once it is wanted

            vertices = graph_surface(joints_m, side)
        else:
            vertices = surface_for_joints(joints_m, side, frames)
        normals = self._rig.normals(vertices)
        return vertices, -normals if left else normals


class ImplicitSurfaceMesh:
    """Surfaces of all hands by HALO; topology changes with the pose. Joints that it has no surface for get the rig's
    skin."""

    def __init__(self, skin: HandSurfaceMesh) -> None:
        self._skin = skin
        self._last: dict[bytes, _Triangles] = {}

    def pose(self, hands: list[tuple[np.ndarray, bool, np.ndarray]]) -> _Triangles:
        """Vertices, outward normals and triangles of joints (21 3), left or not, and frames as of
        :class:`HandSurfaceMesh`. A hand that only moved with the view is not extracted again."""
        kept, parts, count = {}, [], 0
        for joints, left, frames in hands:
            at = np.asarray(joints[0], float)
            key = (joints - joints[:1]).round(6).tobytes() + bytes([left])
            found = kept[key] = self._last.get(key) or self._extract(joints - joints[:1], left, frames)
            vertices, normals, triangles = found
            parts.append((vertices + at, normals, triangles + count))
            count += len(vertices)
        self._last = kept
        vertices, normals, triangles = (np.concatenate([part[k] for part in parts]) for k in range(3))
        return vertices, normals, triangles.astype(np.int32)

    def _extract(self, joints: np.ndarray, left: bool, frames: np.ndarray) -> _Triangles:
        from handcam.hand.halo import implicit_hand  # once it is wanted

        try:
            vertices, faces = implicit_hand(joints, Side.LEFT if left else Side.RIGHT).surface(_CELL)
        except (HandcamError, ImportError):  # the view says why
            own = self._skin.triangles
            return *self._skin.pose(joints, left, frames), own[:, ::-1] if left else own
        return vertices, vertex_normals(vertices, faces, face_sums(faces, len(vertices))), faces
