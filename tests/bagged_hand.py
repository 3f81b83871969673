"""A .bag of the RealSense SDK with a rendered hand, whose truth can be rendered again.

``python tests/bagged_hand.py OUT.bag`` writes it. That takes pyrealsense2 up to 2.57, since later ones write .db3 only
(``pip install --no-deps --target FOLDER pyrealsense2==2.56.5.9235`` and ``PYTHONPATH=FOLDER``); all of them play it.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from handcam.synth.body import build_bodies
from handcam.synth.light import sample_lights
from handcam.synth.poses import PoseSettings, sample_poses
from handcam.synth.render import render_hands
from handcam.synth.skin import sample_skin
from handcam.types import Intrinsics

DEPTH = Intrinsics(300.0, 300.0, 161.5, 118.25, 320, 240)
COLOR = Intrinsics(310.0, 310.0, 158.75, 121.5, 320, 240)
BASELINE_M, UNIT_M, WALL_M = 0.015, 0.001, 0.8
FRAMES, FIRST, START_MS, RATE = 10, 500, 7000.0, 30


class Shot(NamedTuple):
    """One frame."""

    number: int
    time_ms: float
    depth: np.ndarray
    """Of the depth camera, counts."""
    color: np.ndarray
    """Of the colour camera."""
    exact_m: np.ndarray
    """Distance in the colour camera's pixels."""
    joints_m: np.ndarray
    """In the colour camera's frame."""


def shots(count: int = FRAMES) -> Iterator[Shot]:
    """The frames: a hand that moves 3 mm a frame to the right and away."""
    rng = np.random.default_rng(12)
    poses = sample_poses(
        rng, 1, PoseSettings(uniform_views=0.0, independent=0.0, tilt_deg=10.0, near_m=0.4, far_m=0.41)
    )
    body, look, lights = build_bodies(poses, np.zeros((1, 2)))[0], sample_skin(rng), sample_lights(rng, 1.0)
    for k in range(count):
        move = np.array([0.003 * k - 0.015, 0.0, 0.003 * k], np.float32)
        seen = []
        for camera, aside in ((DEPTH, BASELINE_M), (COLOR, 0.0)):
            moved = replace(body, vertices_m=body.vertices_m + move + np.float32([aside, 0, 0]))
            layer = render_hands(np.random.default_rng(3), [(moved, look, [])], camera, lights, 1.0)
            seen.append((np.where(layer.depth_m > 0, layer.depth_m, WALL_M), layer.color))
        depth = np.round(seen[0][0] / UNIT_M).astype(np.uint16)
        color = np.clip(np.round(seen[1][1] / 8) * 8, 0, 255).astype(np.uint8)  # flat areas keep the file small
        yield Shot(FIRST + k, START_MS + k * 1000 / RATE, depth, color, seen[1][0], poses.joints_m[0] + move)


def write(path: Path) -> None:
    """Record the frames with the SDK's software device."""
    import pyrealsense2 as rs

    device = rs.software_device()
    sensors = device.add_sensor("Depth"), device.add_sensor("Color")
    profiles = []
    streams = ((rs.stream.depth, 2, rs.format.z16, DEPTH), (rs.stream.color, 3, rs.format.rgb8, COLOR))
    for n, (sensor, (stream, size, form, camera)) in enumerate(zip(sensors, streams, strict=True)):
        lens = rs.intrinsics()
        lens.width, lens.height, lens.fx, lens.fy = camera.width, camera.height, camera.fx, camera.fy
        lens.ppx, lens.ppy, lens.model, lens.coeffs = camera.cx, camera.cy, rs.distortion.none, [0.0] * 5
        v = rs.video_stream()
        v.type, v.index, v.uid, v.width, v.height, v.fps = stream, 0, n, camera.width, camera.height, RATE
        v.bpp, v.fmt, v.intrinsics = size, form, lens
        profiles.append(sensor.add_video_stream(v))
    sensors[0].add_read_only_option(rs.option.depth_units, UNIT_M)
    color_from_depth = rs.extrinsics()
    color_from_depth.rotation, color_from_depth.translation = [1, 0, 0, 0, 1, 0, 0, 0, 1], [-BASELINE_M, 0, 0]
    profiles[0].register_extrinsics_to(profiles[1], color_from_depth)
    recorder = rs.recorder(str(path), device)
    recorded = recorder.query_sensors()
    for sensor in recorded:
        sensor.open(sensor.get_stream_profiles()[0])
        sensor.start(rs.frame_queue(1))
    made = list(shots())
    start = time.monotonic()
    for k, shot in enumerate(made):
        time.sleep(max(0.0, start + k / RATE - time.monotonic()))
        for sensor, profile, picture in zip(sensors, profiles, (shot.depth, shot.color), strict=True):
            frame = rs.software_video_frame()
            frame.pixels, frame.bpp, frame.stride = picture, picture.strides[1], picture.strides[0]
            frame.timestamp, frame.frame_number = shot.time_ms, shot.number
            frame.domain, frame.profile = rs.timestamp_domain.hardware_clock, profile.as_video_stream_profile()
            if picture.ndim == 2:
                frame.depth_units = UNIT_M
            sensor.on_video_frame(frame)
    time.sleep(0.5)
    for sensor in recorded:
        sensor.stop()
        sensor.close()
    del sensor, recorded, recorder  # its destructor writes the end of the file


if __name__ == "__main__":
    write(Path(sys.argv[1]))
