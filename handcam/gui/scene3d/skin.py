"""The rig's skin over tracked joints, as the 3D view wants it."""

import numpy as np
from jaxtyping import Float, Int

from handcam.hand.rig import load_rig
from handcam.hand.surface import surface_faces, surface_for_joints
from handcam.types import Side

__all__ = ["Skin"]


class Skin:
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
        self, joints_m: Float[np.ndarray, "21 3"], left: bool
    ) -> tuple[Float[np.ndarray, "v 3"], Float[np.ndarray, "v 3"]]:
        """Vertices and outward normals, in the joints' frame."""
        vertices = surface_for_joints(joints_m, Side.LEFT if left else Side.RIGHT)
        normals = self._rig.normals(vertices)
        return vertices, -normals if left else normals
