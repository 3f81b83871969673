"""Hands in depth alone: the depth joint net says which proposals are hands, and takes over where it alone sees one."""

import numpy as np
import open3d as o3d
import pytest

from handcam.api import open_tracker
from handcam.geometry import rays
from handcam.hand.rig import load_rig
from handcam.synth.gestures import GESTURES, gesture_angles
from handcam.types import Controls, Frame, Intrinsics

CAMERA = Intrinsics(600.0, 600.0, 319.5, 239.5, 640, 480)
ALONE = Controls(drive="depth", filters=())


@pytest.fixture(scope="module")
def tracker():
    opened = open_tracker(None, "onnxruntime:float32", "depth")
    yield opened
    opened.close()


def lying(gesture, table_m=0.6):
    """A hand and forearm on a table, its back to the camera's axis: joints (21 3), and meshes with the table."""
    rig = load_rig()
    joints, skin = rig.surface(gesture_angles()[[GESTURES.index(gesture)]])
    up = np.array([[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]])
    ball = o3d.geometry.TriangleMesh.create_sphere(1.0, 30)
    arm = np.asarray(ball.vertices) * [0.032, 0.15, 0.027] + [0, -0.13, 0]
    move = np.array([0.03, 0.02, table_m - 0.003 - float((skin[0] @ up.T)[:, 2].max())])
    table = np.array([[-1, -0.8, table_m], [1, -0.8, table_m], [1, 0.8, table_m], [-1, 0.8, table_m]])
    meshes = [(skin[0] @ up.T + move, rig.faces), (arm @ up.T + move, np.asarray(ball.triangles))]
    return joints[0, :21] @ up.T + move, [*meshes, (table, np.array([[0, 1, 2], [0, 2, 3]]))]


def shot(meshes):
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    for vertices, faces in meshes:
        scene.add_triangles(
            o3d.core.Tensor(np.asarray(vertices, np.float32)), o3d.core.Tensor(np.asarray(faces, np.uint32))
        )
    u, v = np.meshgrid(np.arange(640.0), np.arange(480.0))
    ray = rays(np.stack([u, v], -1), CAMERA).astype(np.float32)
    z = scene.cast_rays(o3d.core.Tensor(np.concatenate([np.zeros_like(ray), ray], -1)), nthreads=1)["t_hit"].numpy()
    return np.where(z < 4, np.round(np.minimum(z, 4) * 1000), 0).astype(np.uint16)


@pytest.mark.parametrize("gesture", ["open", "relaxed"])
def test_a_hand_flat_on_a_table_is_found_in_depth_alone(tracker, gesture):
    joints, meshes = lying(gesture)
    tracker.reset()
    (hand,) = tracker.track(Frame(0, 0, CAMERA, depth=shot(meshes), depth_unit_m=0.001), ALONE).hands
    assert np.linalg.norm(hand.raw.joints_m - joints, axis=1).mean() < 0.015
    assert hand.raw.metric


def test_a_table_and_what_lies_on_it_are_no_hands(tracker):
    ball = o3d.geometry.TriangleMesh.create_sphere(1.0, 30)
    faces = np.asarray(ball.triangles)
    for half in ([0.09, 0.05, 0.02], [0.04, 0.04, 0.04], [0.02, 0.15, 0.02]):
        table = lying("open")[1][-1]
        thing = np.asarray(ball.vertices) * half + [0.02, 0.0, 0.6 - half[2]]
        tracker.reset()
        frame = Frame(0, 0, CAMERA, depth=shot([table, (thing, faces)]), depth_unit_m=0.001)
        assert tracker.track(frame, ALONE).hands == ()
