"""The hand's rigged surface: forward kinematics and linear blend skinning, batched, in numpy.

The model is the generic right hand of the WebXR input profiles (``assets/hand-rig``, MIT): 1,159 welded vertices. A
left hand is this one mirrored. Its joints are those of the file, but for the knuckles and the thumb's, which stand
where the hand models behind the common label sets have them (knuckles a little further out, the thumb's a little
further in): the file's wrist-to-knuckle share of the hand length is 0.485, theirs 0.535. The two joints within each
finger stand nearer to the palm than in the file, where MediaPipe's landmarks of real pictures have them: the first
bone 0.89 of what it was, the last 1.2 (``python examples/figures/proportions.py``).

**Hand frame** (metres): origin at the wrist, y from the wrist towards the fingers, z out of the back of the hand, x to
the little finger's side.

**Angles** (radians, one per name in :data:`DOFS`): flexion towards the palm is positive and 0 is straight, measured
against the bone before; abduction of a finger is positive away from the middle finger (of the middle finger itself:
towards the thumb) and 0 at right angles to its own flexion axis. A joint turns about its flexion axis first, then about
the dorsal axis it carried along, so both angles can be read off the bone's direction (:mod:`handcam.hand.anatomy`). The
thumb's carpometacarpal angles count from the rest pose: flexion across the palm, abduction out of the palm's plane,
twist (pronation) towards the fingertips.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from handcam.geometry import einsum
from handcam.hand.glb import read_glb
from handcam.hand.rotations import compose, flexion_abduction, joint_rotation, rotate
from handcam.hand.skeleton import FINGERS
from handcam.types import Array
from handcam.validation import shipped_file

__all__ = ["ABDUCTION_SIGN", "DOFS", "DOF_INDEX", "Rig", "Shape", "face_sums", "load_rig", "vertex_normals"]

DOFS = (
    "thumb_cmc_flexion", "thumb_cmc_abduction", "thumb_cmc_twist",
    "thumb_mcp_flexion", "thumb_mcp_abduction", "thumb_ip_flexion",
    *(f"{finger}_{dof}" for finger in FINGERS[1:]
      for dof in ("mcp_flexion", "mcp_abduction", "pip_flexion", "dip_flexion")),
    "ring_cmc_flexion", "little_cmc_flexion",
)  # fmt: skip
"""Names of the 24 angles, in order."""
DOF_INDEX = {name: i for i, name in enumerate(DOFS)}

_NODES = (
    "wrist", "thumb-metacarpal", "thumb-phalanx-proximal", "thumb-phalanx-distal", "thumb-tip",
    *(f"{finger}-{part}" for finger in ("index-finger", "middle-finger", "ring-finger", "pinky-finger")
      for part in ("phalanx-proximal", "phalanx-intermediate", "phalanx-distal", "tip")),
    *(f"{finger}-metacarpal" for finger in ("index-finger", "middle-finger", "ring-finger", "pinky-finger")),
)  # fmt: skip
_HAND_FROM_FILE = np.array([[0.0, 0.0, 1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
ABDUCTION_SIGN = np.array([1.0, 1.0, 1.0, -1.0, -1.0], np.float32)
"""Turns about the dorsal axis that abduct: thumb, index, middle, ring, little."""
_MOVED = {
    1: (0, 0.18), 2: (1, 0.22), 3: (2, 0.24),
    **{mcp + part: (mcp + part + (1 if part == 0 else -1), share)
       for mcp in (5, 9, 13, 17) for part, share in enumerate((0.2, 0.09, 0.17))},
}  # fmt: skip
"""Joints that the file puts elsewhere than the common hand models do: (towards this joint, by this share)."""
_TIP_INSIDE_M = 0.002
"""Depth of the labelled fingertip inside the end of the flesh."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Proportions of hands, as factors on the rig's."""

    size: Float[Array, " b"]
    """Overall size."""
    lengths: Float[Array, "b 20"]
    """Length of each bone of ``skeleton.BONES``."""
    breadth: Float[Array, " b"]
    """Palm across the knuckles."""
    thickness: Float[Array, "b 5"]
    """Thickness of each finger; the palm's depth takes their mean."""

    def __getitem__(self, index: Any) -> "Shape":
        """Some of the hands, by a slice or an array of numbers."""
        return Shape(self.size[index], self.lengths[index], self.breadth[index], self.thickness[index])

    @staticmethod
    def neutral(n: int = 1) -> "Shape":
        """The rig as it is, ``n`` times."""
        one = np.ones(n, np.float32)
        return Shape(one, np.ones((n, 20), np.float32), one, np.ones((n, 5), np.float32))


@dataclass(frozen=True)
class Rig:
    """The right hand in its rest pose, and how it moves."""

    rest_m: Float[Array, "25 3"]
    """Joints in the rest pose, hand frame: the 21 and the four finger metacarpals' bases."""
    file_m: Float[Array, "25 3"]
    """The same where the file has them, which are OpenXR's."""
    vertices_m: Float[Array, "n 3"]
    """Surface in the rest pose, hand frame."""
    faces: Int[Array, "m 3"]
    """Triangles, counter-clockwise from outside."""
    weights: Float[Array, "n 25"]
    """Share of each joint's bone in each vertex."""
    axes: Float[Array, "25 3"]
    """Flexion axis of each joint in the rest pose."""
    corner_uv: Float[Array, "m 3 2"]
    """Texture coordinates of each triangle's corners, 0 to 1."""

    @cached_property
    def frames(self) -> Float[Array, "5 3 3 3"]:
        """Per finger and level (MCP PIP DIP; thumb CMC MCP IP) the axes right, forward, dorsal as columns.

        Forward continues the bone before; for the thumb's CMC it is the rest direction itself.
        """
        out = np.empty((5, 3, 3, 3))
        for f in range(5):
            chain = [21 + f - 1 if f else 1, *range(4 * f + 1, 4 * f + 5)]
            for level in range(3):
                a, b, c = self.rest_m[chain[level : level + 3]]
                right = self.axes[chain[level + 1]].astype(float)
                forward = c - b if f == 0 and level == 0 else b - a
                forward = forward / np.linalg.norm(forward)
                forward -= right * (forward @ right)
                forward /= np.linalg.norm(forward)
                out[f, level] = np.stack([right, forward, np.cross(right, forward)], -1)
        return out.astype(np.float32)

    @cached_property
    def _chain(self) -> tuple[Array, Array, Array]:
        """Constants of the chains, see :meth:`pose`: K (5 3 3 3), C (5 3 3 3), and bone vectors C d (5 3 3)."""
        direction = self.rest_m[1:21].reshape(5, 4, 3)
        bones = np.diff(direction, axis=1)
        local = einsum("flji,flj->fli", self.frames, bones)
        flexion, abduction = flexion_abduction(local)
        flexion[0, 0] = abduction[0, 0] = 0.0
        abduction[:, 1:] *= np.array([1.0, 0, 0, 0, 0])[:, None]
        undo = np.moveaxis(joint_rotation(flexion, abduction, np.zeros_like(flexion)), (0, 1), (-1, -2))
        c = undo @ np.swapaxes(self.frames, -1, -2)
        k = self.frames.copy()
        k[:, 1:] = c[:, :-1] @ self.frames[:, 1:]
        return k.astype(np.float32), c.astype(np.float32), einsum("flij,flj->fli", c, bones).astype(np.float32)

    @cached_property
    def _arch_axes(self) -> Float[Array, "2 3 3"]:
        """Cross-product matrices of the axes that raise the ring and little metacarpals."""
        x, y, z = (self.axes[[23, 24]]).T
        o = np.zeros(2)
        return np.array([[o, -z, y], [z, o, -x], [-y, x, o]]).transpose(2, 0, 1).astype(np.float32)

    def pose(self, angles: Float[Array, "b 24"], shape: Shape | None = None) -> Float[Array, "b 25 3"]:
        """Joints of hands with these angles: the common 21, then the four metacarpals' bases; hand frame, metres."""
        return self._kinematics(angles, shape or Shape.neutral(len(angles)), rotations=False)[0]

    def surface(
        self, angles: Float[Array, "b 24"], shape: Shape | None = None
    ) -> tuple[Float[Array, "b 25 3"], Float[Array, "b n 3"]]:
        """Joints as :meth:`pose` gives them, and the skin's vertices."""
        shape = shape or Shape.neutral(len(angles))
        joints, rotations = self.turns(angles, shape)
        return joints, self.skin(joints, rotations, shape.thickness * shape.size[:, None], shape.breadth * shape.size)

    def turns(
        self, angles: Float[Array, "b 24"], shape: Shape | None = None
    ) -> tuple[Float[Array, "b 25 3"], Float[Array, "b 25 3 3"]]:
        """Joints as :meth:`pose` gives them, and the rotation of each joint's bone from the rest pose."""
        joints, rotations = self._kinematics(angles, shape or Shape.neutral(len(angles)))
        assert rotations is not None
        return joints, rotations

    def _kinematics(self, angles: Array, shape: Shape, rotations: bool = True) -> tuple[Array, Array | None]:
        """Joints (b 25 3) and, if asked, the rotation of each joint's bone from the rest pose (b 25 3 3).

        With ``F`` a joint's frame, ``E`` its rotation and ``C`` what undoes the rest pose's own angles, a bone rotates
        by ``G = G_parent F E C``; the loop carries ``H = G inv(C)``, so ``H = H_parent K E`` with ``K = C_parent F``.
        Everything here has the batch as its last axis, which is what makes it fast.
        """
        n = len(angles)
        k, c, bones = self._chain
        a = np.ascontiguousarray(np.asarray(angles, np.float32).T)
        flexion, abduction, twist = (np.zeros((3, 5, n), np.float32) for _ in range(3))
        flexion[:, 0], abduction[:2, 0], twist[0, 0] = a[[0, 3, 5]], a[[1, 4]], a[2]
        fingers = a[6:22].reshape(4, 4, n)
        flexion[:, 1:] = fingers[:, [0, 2, 3]].swapaxes(0, 1)
        abduction[0, 1:] = fingers[:, 1]
        abduction *= ABDUCTION_SIGN[:, None]

        lengths = shape.lengths.T.reshape(5, 4, n).astype(np.float32)
        base = np.zeros((3, 25, n), np.float32)
        ray = lengths[:, 0] * np.stack([shape.breadth, np.ones(n), np.ones(n)])[:, None].astype(np.float32)
        roots = self.rest_m[[1, 5, 9, 13, 17], :, None].swapaxes(0, 1) * ray
        base[:, 21:] = self.rest_m[21:, :, None].swapaxes(0, 1) * ray[:, 1:]
        arch = np.zeros((3, 3, 5, n), np.float32)
        arch[[0, 1, 2], [0, 1, 2]] = 1.0
        cross = self._arch_axes.transpose(1, 2, 0)[..., None]
        square = (self._arch_axes @ self._arch_axes).transpose(1, 2, 0)[..., None]
        arch[:, :, 3:] += -np.sin(a[22:]) * cross + (1.0 - np.cos(a[22:])) * square
        roots[:, 3:] = base[:, 23:] + rotate(arch[:, :, 3:], roots[:, 3:] - base[:, 23:])

        out = np.zeros((3, 3, 25, n), np.float32) if rotations else None
        if out is not None:
            out[[0, 1, 2], [0, 1, 2], 0] = 1.0
            out[:, :, 21:] = arch[:, :, 1:]
        h, at = arch, roots
        for level in range(3):
            h = compose(h, k[:, level].transpose(1, 2, 0)[..., None])
            h = compose(h, joint_rotation(flexion[level], abduction[level], twist[level]))
            base[:, 1 + level : 21 : 4] = at
            at = at + rotate(h, bones[:, level].T[..., None]) * lengths[:, level + 1]
            if out is not None:
                out[:, :, 1 + level : 21 : 4] = compose(h, c[:, level].transpose(1, 2, 0)[..., None])
        base[:, 4:21:4] = at
        joints = np.ascontiguousarray((base * shape.size.astype(np.float32)).transpose(2, 1, 0))
        if out is None:
            return joints, None
        out[:, :, 4:21:4] = out[:, :, 3:21:4]
        return joints, np.ascontiguousarray(out.transpose(3, 2, 0, 1))

    def skin(
        self, joints_m: Float[Array, "b 25 3"], rotations: Float[Array, "b 25 3 3"],
        thickness: Float[Array, "b 5"], breadth: Float[Array, " b"],
    ) -> Float[Array, "b n 3"]:  # fmt: skip
        """Linear blend skinning: each bone is rotated, stretched to its new length, and scaled in thickness.

        Args:
            joints_m: where the joints are now.
            rotations: of each joint's bone from the rest pose.
            thickness: scale across each finger's bones.
            breadth: scale of the palm along x.
        """
        n = len(joints_m)
        scale = np.zeros((n, 25, 3, 3), np.float32)
        depth = thickness.mean(1)
        finger = np.repeat(np.arange(5), 4)
        bone = self.rest_m[_CHILD] - self.rest_m[_BONE]
        rest_length = np.linalg.norm(bone, axis=1)
        d = (bone / rest_length[:, None]).astype(np.float32)
        now = np.linalg.norm(joints_m[:, _CHILD] - joints_m[:, _BONE], axis=2) / rest_length
        across = np.concatenate([thickness[:, finger[_BONE[:15] - 1]], np.repeat(breadth[:, None], 4, 1)], 1)
        eye = np.eye(3, dtype=np.float32)
        scale[:, _BONE] = across[:, :, None, None] * (eye - d[:, :, None] * d[:, None, :])
        scale[:, _BONE] += now[:, :, None, None] * (d[:, :, None] * d[:, None, :])
        scale[:, 21:, 2] *= (depth / np.maximum(breadth, 1e-9))[:, None, None]
        scale[:, 4:21:4] = scale[:, 3:21:4]
        palm = np.linalg.norm(joints_m[:, 9] - joints_m[:, 0], axis=1) / np.linalg.norm(self.rest_m[9])
        scale[:, 0, 0, 0], scale[:, 0, 1, 1], scale[:, 0, 2, 2] = breadth, palm, depth
        matrix = rotations @ scale
        offset = joints_m - einsum("bjik,jk->bji", matrix, self.rest_m.astype(np.float32))
        blend = np.concatenate([matrix, offset[..., None]], -1).reshape(n, 25, 12)
        m = (self.weights @ blend).reshape(n, -1, 3, 4)
        return einsum("bnij,nj->bni", m[..., :3], self.vertices_m) + m[..., 3]

    def normals(self, vertices: Float[Array, "*b n 3"]) -> Float[Array, "*b n 3"]:
        """Unit normals at the vertices, pointing outwards."""
        each = [vertex_normals(one, self.faces, self._sums) for one in vertices.reshape(-1, *vertices.shape[-2:])]
        return np.stack(each).reshape(vertices.shape)

    @cached_property
    def _sums(self) -> Any:
        return face_sums(self.faces, len(self.vertices_m))


def face_sums(faces: Int[Array, "m 3"], vertices: int) -> Any:
    """Sparse matrix (vertices m) of scipy that sums a value of each triangle at its corners."""
    from scipy.sparse import csr_matrix  # pyright: ignore[reportMissingTypeStubs]

    rows, columns = faces.ravel(), np.repeat(np.arange(len(faces)), 3)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), (vertices, len(faces)))


def vertex_normals(vertices: Float[Array, "n 3"], faces: Int[Array, "m 3"], sums: Any) -> Float[Array, "n 3"]:
    """Unit normals at the vertices, each triangle weighted by its area; ``sums`` is :func:`face_sums` of the faces."""
    a, b, c = vertices[faces[:, 0]], vertices[faces[:, 1]], vertices[faces[:, 2]]
    u, v = (b - a).T, (c - a).T  # four times as fast as np.cross
    face = np.stack([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]], 1)
    total = sums @ face
    return total / np.maximum(np.sqrt((total**2).sum(1, keepdims=True)), 1e-12)


_BONE = np.array([1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 17, 18, 19, 21, 22, 23, 24])
"""Joints that start a bone; the last four are metacarpals."""
_CHILD = np.array([2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 19, 20, 5, 9, 13, 17])


@cache
def load_rig() -> Rig:
    """The right hand from ``assets/hand-rig/right.glb``, read once."""
    tree, (position, _, uv, bones, shares, index, inverse_bind) = read_glb(shipped_file("assets/hand-rig/right.glb"))
    names = [tree["nodes"][i]["name"] for i in tree["skins"][0]["joints"]]
    order = np.array([names.index(name) for name in _NODES])
    bind = np.linalg.inv(inverse_bind.reshape(-1, 4, 4).swapaxes(1, 2).astype(float))[order]
    origin = bind[0, :3, 3]
    vertices, first, weld = np.unique(position.round(6), axis=0, return_index=True, return_inverse=True)
    vertices = (vertices - origin) @ _HAND_FROM_FILE.T
    weights = np.zeros((len(first), 25), np.float32)
    where = np.argsort(order)[bones[first]]
    np.add.at(weights, (np.arange(len(first))[:, None], where), shares[first])
    rest = (bind[:, :3, 3] - origin) @ _HAND_FROM_FILE.T
    file_m = rest.astype(np.float32)
    for tip in range(4, 21, 4):  # the file's tips lie 10 mm short of the flesh's end; labels mean the end
        along = rest[tip] - rest[tip - 1]
        along /= np.linalg.norm(along)
        flesh = vertices[weights[:, tip - 1] > 0.5] - rest[tip - 1]
        rest[tip] = rest[tip - 1] + along * ((flesh @ along).max() - _TIP_INSIDE_M)
    rest[list(_MOVED)] = [rest[j] + share * (rest[to] - rest[j]) for j, (to, share) in _MOVED.items()]
    axes = bind[:, :3, 0] @ _HAND_FROM_FILE.T
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    corners = uv[index.reshape(-1, 3)].astype(np.float32)
    faces = weld.ravel()[index.reshape(-1, 3)].astype(np.int32)
    rest, vertices, axes = (a.astype(np.float32) for a in (rest, vertices, axes))
    return Rig(rest, file_m, vertices, faces, weights, axes, corners)
