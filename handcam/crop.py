"""Cut a normalised square around a hand, and find the way back.

A crop is the picture of a **virtual camera**: the real one turned about its centre until its axis goes through the
box's centre, and zoomed. So a hand at the picture's edge looks like the same hand in the middle, and what a net says
in the crop's frame is turned back by one matrix. Left hands are mirrored here, once, and nowhere else.
"""

import math
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float

from handcam.geometry import inverse3, project
from handcam.hand.skeleton import INDEX
from handcam.types import Array, Frame, HandBox, HandCrop, Intrinsics, Side

__all__ = [
    "CUBE_M", "CUBE_PX", "box_around", "camera_from_crop_points", "cube_box", "cut", "image_from_crop_points", "view",
]  # fmt: skip

_PALM = [INDEX[n] for n in ("wrist", "thumb_cmc", "thumb_mcp", "thumb_ip")] + [
    INDEX[f"{finger}_{part}"] for finger in ("index", "middle", "ring", "little") for part in ("mcp", "pip")
]
"""Joints that decide the box; fingertips would make it jump when a finger curls."""

CUBE_M = 0.125
"""Half the edge of the cube around a hand's centre that a depth net sees; a centre 3 cm off still holds the hand."""
CUBE_PX = 96
"""Edge of the picture of the cube that the depth nets take."""
_NO_SECOND_MAP: Any = None
"""OpenCV's stubs want an array where positions come in one; OpenCV 5 takes an empty one for positions."""
_CELL = 16
"""Spacing, px, at which source positions are computed; between them they are interpolated."""
_BEHIND = 1e-4
"""Nearness to the plane of the camera below which a crop's pixel is taken from far outside the picture."""


def view(box: HandBox, camera: Intrinsics, size: int) -> HandCrop:
    """The virtual camera of a box, without any pixels.

    Args:
        box: the square to look at.
        camera: the real camera.
        size: edge of the crop, px.
    """
    # in plain numbers: at this size a call of numpy's takes longer than all that is computed here
    u = (float(box.centre_px[0]) - camera.cx) / camera.fx
    v = (float(box.centre_px[1]) - camera.cy) / camera.fy
    length = math.sqrt(u * u + v * v + 1.0)
    x, y, z = u / length, v / length, 1.0 / length
    k = 1.0 / (1.0 + z)  # rows of the smallest rotation that takes the ray to the axis
    right, down, ahead = (1.0 - k * x * x, -k * x * y, -x), (-k * x * y, 1.0 - k * y * y, -y), (x, y, z)
    cos, sin = math.cos(box.angle_rad), math.sin(box.angle_rad)
    mirror = -1.0 if box.side is Side.LEFT else 1.0
    rolled = [mirror * (cos * a + sin * b) for a, b in zip(right, down, strict=True)]
    down = [cos * b - sin * a for a, b in zip(right, down, strict=True)]
    # a pixel at the box's centre spans 1 / (f |ray|) radians across the radius
    f = float(size / max(box.size_px, 1.0) * (camera.fx + camera.fy) / 2 * length)
    centre = (size - 1) / 2
    lens = Intrinsics(f, f, centre, centre, size, size, assumed=camera.assumed)
    rows = []
    for row in (
        [f * a + centre * c for a, c in zip(rolled, ahead, strict=True)],
        [f * b + centre * c for b, c in zip(down, ahead, strict=True)], ahead,
    ):  # fmt: skip
        a, b = row[0] / camera.fx, row[1] / camera.fy
        rows.append((a, b, row[2] - a * camera.cx - b * camera.cy))
    return HandCrop(box, np.array(rows) / rows[2][2], np.array([rolled, down, ahead]), lens)


def cut(frame: Frame, box: HandBox, size: int) -> HandCrop:
    """Cut every plane of a frame that there is. Outside the picture colour is black and depth is 0."""
    crop = view(box, frame.intrinsics, size)
    color = depth = None
    if frame.color is not None:
        color = _warp(frame.color, crop.crop_from_image, size, box.size_px)
    if frame.depth is not None:
        raw = cv2.warpPerspective(frame.depth, crop.crop_from_image, (size, size), flags=cv2.INTER_NEAREST)
        # a reading is a distance along the real camera's axis; express it along the virtual one's
        x = ((np.arange(size) - crop.intrinsics.cx) / crop.intrinsics.fx).astype(np.float32)
        axis = crop.crop_from_camera[:, 2].astype(np.float32)
        toward = (axis[0] * x)[None, :] + (axis[1] * x + axis[2])[:, None]
        depth = raw * (np.float32(frame.depth_unit_m) / toward)
    return replace(crop, color=color, depth_m=depth)


def _warp(picture: Array, crop_from_image: Array, size: int, box_px: float) -> Array:
    """Warp with an area filter first where the crop is much smaller than the box, against aliasing."""
    k = int(box_px / size)
    if k >= 2:
        x0, y0, x1, y1 = _seen_part(picture, crop_from_image, size, k)
        if x1 <= x0 or y1 <= y0:
            return np.zeros((size, size, *picture.shape[2:]), picture.dtype)
        part = picture[y0:y1, x0:x1]
        picture = cv2.resize(part, ((x1 - x0) // k, (y1 - y0) // k), interpolation=cv2.INTER_AREA)
        grow = np.array([[k, 0.0, x0 + (k - 1) / 2], [0.0, k, y0 + (k - 1) / 2], [0.0, 0.0, 1.0]])
        crop_from_image = crop_from_image @ grow
    return cv2.remap(picture, _sources(crop_from_image, size), _NO_SECOND_MAP, cv2.INTER_LINEAR)


def _sources(crop_from_image: Array, size: int) -> Array:
    """Compute the source position in the picture of each crop pixel, (size size 2) float32.

    Less than 0.05 px off, and faster than a division for each pixel.
    """
    image_from_crop = inverse3(crop_from_image)
    at = (np.arange(-1, -(-size // _CELL) + 1) + 0.5) * _CELL - 0.5  # centres of cells, one to spare on each side
    across = image_from_crop[:, :1] * at + image_from_crop[:, 2:]  # (3, n)
    x, y, z = across[:, None, :] + (image_from_crop[:, 1:2] * at)[:, :, None]  # (n, n) each
    z = np.maximum(z, _BEHIND)
    cells = np.empty((len(at), len(at), 2), np.float32)
    np.divide(x, z, out=cells[..., 0], casting="same_kind")
    np.divide(y, z, out=cells[..., 1], casting="same_kind")
    whole = cv2.resize(cells, (len(at) * _CELL, len(at) * _CELL), interpolation=cv2.INTER_LINEAR)
    return whole[_CELL : _CELL + size, _CELL : _CELL + size]


def _seen_part(picture: Array, crop_from_image: Array, size: int, k: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what a crop sees of a picture, in multiples of ``k`` px with ``2 k`` to spare."""
    height, width = picture.shape[:2]
    (a, b, c), (d, e, f), (g, h, i) = inverse3(crop_from_image).tolist()
    ends = [(x, y, g * x + h * y + i) for x in (-0.5, float(size)) for y in (-0.5, float(size))]
    if min(z for _, _, z in ends) <= 0:  # so wide a view that a corner lies behind the camera
        return 0, 0, width // k * k, height // k * k
    across = [(a * x + b * y + c) / z for x, y, z in ends]
    along = [(d * x + e * y + f) / z for x, y, z in ends]
    x0, y0 = (int(max(min(v) - 2 * k, 0)) // k * k for v in (across, along))
    x1, y1 = (int(min(max(v) + 2 * k, end)) // k * k for v, end in ((across, width), (along, height)))
    return x0, y0, x1, y1


def image_from_crop_points(points_px: Float[Array, "*n 2"], crop: HandCrop) -> Float[Array, "*n 2"]:
    """Crop pixels back to picture pixels."""
    ones = np.ones_like(points_px[..., :1])
    p = np.concatenate([points_px, ones], -1) @ inverse3(crop.crop_from_image).T
    return p[..., :2] / p[..., 2:]


def camera_from_crop_points(points: Float[Array, "*n 3"], crop: HandCrop) -> Float[Array, "*n 3"]:
    """Vectors in the crop's frame turned back into the camera frame; a mirrored hand is mirrored back."""
    return points @ crop.crop_from_camera


def box_around(
    keypoints_px: Float[Array, "21 2"], side: Side, score: float = 1.0, expand: float = 2.0, shift: float = 0.1
) -> HandBox:
    """The square in which the next picture of a hand is looked for.

    It stands along the line from the wrist to the knuckles and spans ``expand`` times the palm and first phalanges,
    moved by ``shift`` of that span towards the fingers.
    """
    p = np.asarray(keypoints_px, float)
    index, middle, ring = (p[INDEX[f"{finger}_mcp"]] for finger in ("index", "middle", "ring"))
    up = (index + ring) / 4 + middle / 2 - p[INDEX["wrist"]]
    angle = float(np.arctan2(up[0], -up[1]))
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # box from picture
    q = p[_PALM] @ axes.T
    low, high = q.min(0), q.max(0)
    centre = (low + high) / 2
    centre[1] -= shift * (high - low)[1]
    return HandBox(side, centre @ axes, float((high - low).max()) * expand, angle, score)


def cube_box(
    centre_m: Float[Array, " 3"], side: Side, angle_rad: float, camera: Intrinsics, score: float = 1.0
) -> HandBox:
    """The box whose crop is the depth net's cube around a point of the camera frame.

    The crop's own axis goes through the point, so the cube's centre lies at ``norm(centre_m)`` along it.
    """
    centre_px = project(np.asarray(centre_m, float), camera)
    size = 2 * CUBE_M * (camera.fx + camera.fy) / 2 / float(centre_m[2])
    return HandBox(side, centre_px, size, angle_rad, score)
