"""Hands flat on a table, and tables with other things, as a depth camera above sees them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from handcam.geometry import project, rays
from handcam.hand.rig import load_rig
from handcam.synth.gestures import GESTURES, gesture_angles
from handcam.synth.sensor import STEREO, sense
from handcam.types import Array, Frame, HandPose, Intrinsics, Side

__all__ = ["flat_hands"]

_CAMERA = Intrinsics(600.0, 600.0, 319.5, 239.5, 640, 480)
_LYING = ("open", "spread", "relaxed", "fist")
_UP = np.array([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
"""Camera from hand: fingers up, the palm to the camera."""
_THINGS_M = ([0.09, 0.05, 0.02], [0.04, 0.04, 0.04], [0.02, 0.15, 0.02], [0.07, 0.1, 0.012])
"""Half axes of a book's, a ball's, a rolling pin's and a plate's size."""
_TOUCH_M = 0.002
"""Gap between the lowest skin and the table."""


def flat_hands(n: int, seed: int = 0) -> Iterator[Frame]:
    """Frames without colour: ``n`` with a right hand and its forearm on a table 0.4 to 0.9 m away, with their joints,
    then a third as many with a thing instead, without."""
    rng, rig = np.random.default_rng((seed, 87)), load_rig()
    joints, skin = rig.surface(gesture_angles()[[GESTURES.index(name) for name in _LYING]])
    ball, ball_faces = _ball()
    for number in range(n + n // 3):
        table, turn = rng.uniform(0.4, 0.9), rng.uniform(-np.pi, np.pi)
        c, s = np.cos(turn), np.sin(turn)
        rotation = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ _UP
        at = np.array([*rng.uniform(-0.08, 0.08, 2), 0.0])
        truth: tuple[HandPose, ...] = ()
        if number < n:
            kind = number % len(_LYING)
            hand = skin[kind] @ rotation.T
            at[2] = table - _TOUCH_M - hand[:, 2].max()
            arm = (ball * [0.032, 0.15, 0.027] + [0.0, -0.13, 0.0]) @ rotation.T
            meshes = [(hand + at, rig.faces), (arm + at, ball_faces)]
            place = joints[kind, :21] @ rotation.T + at
            truth = (HandPose(Side.RIGHT, 1.0, place, True, project(place, _CAMERA), np.zeros(21)),)
        else:
            half = np.array(_THINGS_M[number % len(_THINGS_M)])
            meshes = [((ball * half) @ rotation.T + at + [0.0, 0.0, table - half[2]], ball_faces)]
        depth = sense(_cast(meshes, table), _CAMERA.fx, rng, STEREO)
        yield Frame(number, number, _CAMERA, None, depth.astype(np.uint16), STEREO.unit_m, truth=truth)


def _ball() -> tuple[Array, Array]:
    import open3d as o3d

    mesh = o3d.geometry.TriangleMesh.create_sphere(1.0, 30)
    return np.asarray(mesh.vertices), np.asarray(mesh.triangles)


def _cast(meshes: list[tuple[Array, Array]], table_m: float) -> Array:
    """Distance along the axis of meshes on an endless table, metres (h w)."""
    import open3d as o3d

    tensor: Any = o3d.core.Tensor  # its stubs know no arrays
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    for vertices, faces in meshes:
        scene.add_triangles(tensor(np.asarray(vertices, np.float32)), tensor(np.asarray(faces, np.uint32)))
    u, v = np.meshgrid(np.arange(float(_CAMERA.width)), np.arange(float(_CAMERA.height)))
    ray = rays(np.stack([u, v], -1), _CAMERA).astype(np.float32)
    hits = scene.cast_rays(tensor(np.concatenate([np.zeros_like(ray), ray], -1)), nthreads=1)
    return np.minimum(hits["t_hit"].numpy(), np.float32(table_m))
