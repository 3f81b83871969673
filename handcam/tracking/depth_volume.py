"""Ask the depth joint net for joints in metres: a second estimate beside what the latent decodes.

Where the landmark network, which knows pictures, is at a loss, the net reads joints from the cube around the hand
(:data:`handcam.crop.CUBE_M`), and says how sure it is of each.
"""

import cv2
import numpy as np
from jaxtyping import Float

from handcam.crop import CUBE_M, CUBE_PX
from handcam.geometry import project, rays
from handcam.runtimes import Runtime
from handcam.types import Array, Intrinsics

__all__ = ["cut_cube", "joints_in_cube"]


def cut_cube(depth_m: Float[Array, "s s"], camera: Intrinsics, centre_m: Float[Array, " 3"]) -> Float[Array, "p p"]:
    """Cut the picture of the cube around a point out of a depth crop, as the depth joint net takes it.

    Args:
        depth_m: distance along z, metres; 0 where there is no reading; a right hand, upright.
        camera: the crop's.
        centre_m: the cube's centre, crop frame.
    """
    zoom = CUBE_M / float(centre_m[2]) * camera.fx * 2 / CUBE_PX  # the crop's pixels in one of the cube's
    corner = project(centre_m, camera) - zoom * (CUBE_PX - 1) / 2
    return cv2.warpAffine(
        depth_m, np.column_stack([np.eye(2) * zoom, corner]), (CUBE_PX, CUBE_PX),
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
    ).astype(np.float32)  # fmt: skip


def joints_in_cube(
    runtime: Runtime, depth_m: Float[Array, "s s"], camera: Intrinsics, centre_m: Float[Array, " 3"]
) -> tuple[Float[Array, "21 3"], Float[Array, " 21"]] | None:
    """Estimate joints in the crop camera's frame, metres, and the standard deviation of each.

    Args:
        runtime: runs the net.
        depth_m: a crop, distance along z; 0 where there is no reading.
        camera: the crop's.
        centre_m: the hand's centre, to 3 cm.

    Returns:
        None when the weights have no net for it.
    """
    z = float(centre_m[2])
    found = runtime.depth_joints(cut_cube(depth_m, camera, centre_m)[None], np.array([z], np.float32))
    if found is None:
        return None
    uvd = found.uvd[0].astype(float)
    ray = rays(project(centre_m, camera), camera)[:2] + uvd[:, :2] * (CUBE_M / z)
    depth = z + uvd[:, 2] * CUBE_M
    joints = np.concatenate([ray * depth[:, None], depth[:, None]], 1)
    return joints, found.scale[0].astype(float) * (CUBE_M * 2**0.5)  # of a Laplace distribution
