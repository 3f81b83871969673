"""Convert the SDK's framesets to aligned frames; the same code serves cameras, recordings and software devices."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import cv2
import numpy as np
import pyrealsense2 as rs

from handcam.types import Array, Frame, Intrinsics, SourceError

__all__ = ["PRESETS", "Aligner", "DepthSettings", "parse"]


PRESETS = ("default", "hand", "high_accuracy", "high_density", "medium_density")
"""Visual presets of the D400 cameras, by the SDK's names."""


@dataclass(frozen=True, slots=True)
class DepthSettings:
    """Depth filters and exposure of the camera. The filters are off: the nets know raw depth."""

    near_m: float = 0.0
    """Drop readings nearer than this, metres; 0 for none."""
    far_m: float = 0.0
    """Drop readings farther than this, metres; 0 for none."""
    spatial: bool = False
    """Edge-preserving smoothing in the picture."""
    temporal: bool = False
    """Smoothing over time; steadier, but a moving hand drags a tail."""
    holes: bool = False
    """Fill holes from the farthest of the neighbours."""
    auto_exposure: bool = True
    """Let the camera set the exposure of the depth sensor."""
    exposure_us: float = 0.0
    """A fixed exposure of the depth sensor, microseconds, instead; 0 for automatic."""
    emitter: bool = True
    """The infrared pattern projector."""
    preset: str = ""
    """The camera's own set of depth settings (:data:`PRESETS`), applied before the others; empty to leave it."""


def parse(query: str) -> DepthSettings:
    """``near_m=0.2&temporal=on`` to settings.

    Raises:
        SourceError: a name or a value is not understood.
    """
    kinds = {f.name: f.type for f in fields(DepthSettings)}
    values = {bool: "on|off", str: "|".join(PRESETS), float: "number"}
    switch = {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}
    found: dict[str, Any] = {}
    for item in filter(None, query.split("&")):
        name, _, value = item.partition("=")
        try:
            if kinds[name] is str:
                found[name] = PRESETS[PRESETS.index(value.lower())]
            else:
                found[name] = switch[value.lower()] if kinds[name] is bool else float(value)
        except (KeyError, ValueError):
            known = ", ".join(f"{n}={values[k]}" for n, k in kinds.items())  # type: ignore[index]
            raise SourceError(f"The RealSense setting {item!r} is not understood; use {known}.") from None
    return DepthSettings(**found)


class Aligner:
    """Framesets to frames: filters, aligns depth to colour, undistorts, and copies out of the SDK's pool.

    The SDK's alignment spreads each reading over two pixels and keeps its distance from the depth sensor. Here that
    only says where to read: each colour pixel then reads the depth picture at the point it stands for, once more, and
    the distance is turned into the colour camera's. All calls come from one thread.
    """

    def __init__(self, settings: DepthSettings = DepthSettings()):
        self._align = rs.align(rs.stream.color)
        self._filters = list(_filters(settings))
        self._cameras: dict[tuple[Any, ...], _DistortedCamera] = {}
        self.first: int | None = None
        """The device's number of frame 0."""

    def frame(self, frameset: "rs.composite_frame") -> Frame | None:
        """The next frame; None for a set that lacks one of the planes (the first one often does)."""
        raw, color = frameset.get_depth_frame(), frameset.get_color_frame()
        if not raw or not color:
            return None
        now = time.perf_counter_ns()
        number, stamp_ms, unit = raw.get_frame_number(), raw.get_timestamp(), raw.get_units()
        extrinsics = raw.profile.get_extrinsics_to(color.profile)
        for step in self._filters:
            frameset = step.process(frameset).as_frameset()
        depth, there = frameset.get_depth_frame(), self._camera_of(color)
        near = np.asanyarray(self._align.process(frameset).get_depth_frame().get_data())
        near = there.undistort(near, cv2.INTER_NEAREST)
        here = self._camera_of(depth)
        exact = here.undistort(np.asanyarray(depth.get_data()), cv2.INTER_NEAREST)
        aligned = _reproject_depth(near, exact, unit, here.camera, there, extrinsics)
        picture = np.array(there.undistort(_rgb(color), cv2.INTER_LINEAR))
        if self.first is None:
            self.first = number
        return Frame(number - self.first, now, there.camera, picture, aligned, unit, round(stamp_ms * 1e6))

    def _camera_of(self, frame: "rs.video_frame") -> "_DistortedCamera":
        intrin = frame.profile.as_video_stream_profile().get_intrinsics()
        key = (
            intrin.width,
            intrin.height,
            intrin.fx,
            intrin.fy,
            intrin.ppx,
            intrin.ppy,
            intrin.model,
            *intrin.coeffs,
        )
        if key not in self._cameras:
            self._cameras[key] = _DistortedCamera(intrin)
        return self._cameras[key]


class _DistortedCamera:
    """A stream's distortion and the pinhole camera that its undistorted pictures have."""

    def __init__(self, intrin: "rs.intrinsics"):
        self.camera = Intrinsics(intrin.fx, intrin.fy, intrin.ppx, intrin.ppy, intrin.width, intrin.height)
        self._maps = _undistortion_maps(intrin)
        u, v = np.meshgrid(np.arange(intrin.width, dtype=np.float32), np.arange(intrin.height, dtype=np.float32))
        self.x, self.y = (u - np.float32(intrin.ppx)) / intrin.fx, (v - np.float32(intrin.ppy)) / intrin.fy

    def undistort(self, picture: Array, interpolation: int) -> Array:
        return picture if self._maps is None else cv2.remap(picture, *self._maps, interpolation)


def _reproject_depth(
    near: Array, exact: Array, unit: float, here: Intrinsics, there: _DistortedCamera, extrinsics: "rs.extrinsics"
) -> Array:
    """Depth of the colour camera's pixels, in units; 0 where no reading of the depth camera is on that ray.

    Args:
        near: the SDK's alignment, good to a pixel or two, units.
        exact: the depth camera's picture, units.
        unit: metres per unit.
        here: the depth camera.
        there: the colour camera.
        extrinsics: colour from depth.
    """
    there_from_here = np.array(extrinsics.rotation, np.float32).reshape(3, 3).T  # the SDK stores columns
    t = np.array(extrinsics.translation, np.float32)
    (ax, bx, cx), (ay, by, cy), (az, bz, cz) = there_from_here.T.tolist()  # here_from_there, row by row
    ox, oy, oz = (-there_from_here.T @ t).tolist()
    px = ax * there.x + bx * there.y + cx
    py = ay * there.x + by * there.y + cy
    pz = az * there.x + bz * there.y + cz
    z = near * np.float32(unit)
    hz = np.zeros_like(z)
    for _ in range(2):
        hz = pz * z + oz
        inverse = 1 / np.maximum(hz, 1e-3)
        u = (px * z + ox) * inverse * here.fx + here.cx
        v = (py * z + oy) * inverse * here.fy + here.cy
        found = cv2.remap(exact, u, v, cv2.INTER_NEAREST) * np.float32(unit)
        # along this ray, the point whose distance from the depth camera is the one read there
        z = np.where((z > 0) & (found > 0), (found - oz) / pz, 0)
    visible = np.abs(pz * z + oz - hz) < 0.02 + 0.02 * z  # else the ray passes an edge, and what it meets is hidden
    return np.where(visible, np.round(z / np.float32(unit)), 0).astype(np.uint16)


def _filters(settings: DepthSettings) -> Iterator["rs.filter"]:
    """In the order that the SDK's makers recommend; alignment comes after them."""
    if settings.near_m or settings.far_m:
        yield rs.threshold_filter(settings.near_m, settings.far_m or 16.0)
    smooth = settings.spatial or settings.temporal
    if smooth:  # in whole units the smoothing sticks at the last step; a sensor without a stereo pair passes through
        yield rs.disparity_transform(True)
    if settings.spatial:
        yield rs.spatial_filter()
    if settings.temporal:
        yield rs.temporal_filter()
    if smooth:
        yield rs.disparity_transform(False)
    if settings.holes:
        yield rs.hole_filling_filter(1)


def _rgb(color: "rs.video_frame") -> Array:
    """RGB view or copy of a colour frame in any format that the SDK's recordings hold."""
    data: Array = np.asanyarray(color.get_data())
    kind = color.profile.format()
    if kind == rs.format.rgb8:
        return data
    if kind == rs.format.yuyv:  # two bytes a pixel, which the SDK hands out as uint16
        data = data.view(np.uint8).reshape(color.get_height(), color.get_width(), 2)
    convert: int | None = {
        rs.format.bgr8: cv2.COLOR_BGR2RGB,
        rs.format.rgba8: cv2.COLOR_RGBA2RGB,
        rs.format.bgra8: cv2.COLOR_BGRA2RGB,
        rs.format.yuyv: cv2.COLOR_YUV2RGB_YUYV,
        rs.format.y8: cv2.COLOR_GRAY2RGB,
    }.get(kind)
    if convert is None:
        raise SourceError(f"The colour stream has the format {kind}, which is not read; record it as rgb8.")
    return cv2.cvtColor(data, convert)


def _undistortion_maps(intrin: "rs.intrinsics") -> tuple[Array, Array] | None:
    """Map each pixel of a pinhole picture to the distorted one; None when that is nowhere far."""
    step = 8
    u, v = np.arange(0, intrin.width + step, step), np.arange(0, intrin.height + step, step)
    rays = [[((x - intrin.ppx) / intrin.fx, (y - intrin.ppy) / intrin.fy, 1.0) for x in u.tolist()] for y in v.tolist()]
    grid = np.array([[rs.rs2_project_point_to_pixel(intrin, ray) for ray in row] for row in rays], np.float32)
    straight = np.stack(np.meshgrid(u, v), -1)
    inside = (straight[..., 0] < intrin.width) & (straight[..., 1] < intrin.height)
    if np.abs(grid - straight)[inside].max() < 0.05:
        return None
    # the model is smooth: a grid of every 8th pixel, read in between, is right to a few thousandths of a pixel
    x, y = np.meshgrid(np.arange(intrin.width, dtype=np.float32), np.arange(intrin.height, dtype=np.float32))
    dense = cv2.remap(grid, x / step, y / step, cv2.INTER_LINEAR)
    shift = np.stack([x, y], -1)
    # remap quantises its coordinates to 1/32; the same error in the straight grid cancels it
    corrected: Array = dense + (shift - cv2.remap(straight.astype(np.float32), x / step, y / step, cv2.INTER_LINEAR))
    return np.ascontiguousarray(corrected[..., 0]), np.ascontiguousarray(corrected[..., 1])
