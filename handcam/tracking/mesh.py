"""The hand's surface over its joints by the graph-convolutional net that ships (Ge et al., CVPR 2019)."""

import numpy as np
from jaxtyping import Float

from handcam.filters.ik import kinematics_runtime
from handcam.hand.rotations import joint_frames
from handcam.hand.skeleton import MIRROR, hand_length
from handcam.hand.surface import surface_for_joints
from handcam.types import Array, Side

__all__ = ["graph_surface"]


def graph_surface(joints_m: Float[Array, "21 3"], side: Side = Side.RIGHT) -> Float[Array, "n 3"]:
    """Vertices of the rig's surface in the joints' frame, nearer to the truth than skinning gives them
    (``handcam experiment mesh``); triangles are those of :func:`handcam.hand.surface.surface_faces`.

    Joints that are not finite, or have no extent, are skinned.

    Raises:
        WeightsError: the net is missing or damaged.
    """
    mirror = MIRROR.astype(float) if side is Side.LEFT else np.ones(3)
    joints = np.asarray(joints_m, float) * mirror
    length, middle = float(hand_length(joints)), joints.mean(0)
    frames = joint_frames(joints, Side.RIGHT)
    if not (np.isfinite(frames).all() and length > 1e-3):
        return surface_for_joints(joints_m, side)
    hand = frames[0]
    inputs = {"joints": (joints - middle) @ hand / length, "frames": hand.T @ frames}
    given = {name: np.ascontiguousarray(value[None], np.float32) for name, value in inputs.items()}
    found = kinematics_runtime().run("mesh", given)["mesh"][0]
    return ((found * length) @ hand.T + middle) * mirror
