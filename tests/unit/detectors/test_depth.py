"""Hands found in rendered and in real depth frames."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from typed import present

from handcam.crop import CUBE_M, cube_box, cut
from handcam.detectors.depth import LEAST_SCORE, candidates, open, proposals  # noqa: A004
from handcam.geometry import project
from handcam.hand.rig import load_rig
from handcam.synth.gestures import GESTURES, gesture_angles
from handcam.types import Frame, Intrinsics, Side

SR305 = Path(__file__).parents[4] / "shared" / "data" / "validation" / "lada_sr305_depth" / "datasets" / "custom"
CAMERA = Intrinsics(600.0, 600.0, 319.5, 239.5, 640, 480)
UP = np.array([[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]])
"""Camera from hand: fingers up, the palm to the camera."""


def solid(centre, half):
    import open3d as o3d

    mesh = o3d.geometry.TriangleMesh.create_sphere(1.0, 30)
    return np.asarray(mesh.vertices) * half + centre, np.asarray(mesh.triangles)


def hand(at, gesture="spread", turn=0.0, side=Side.RIGHT):
    """A posed hand with a forearm, fingers turned by ``turn`` in the picture; joints and (vertices, faces)."""
    rig = load_rig()
    joints, skin = rig.surface(gesture_angles()[[GESTURES.index(gesture)]])
    arm, faces = solid([0, -0.13, 0], [0.032, 0.15, 0.027])
    c, s = np.cos(turn), np.sin(turn)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ UP
    flip = [-1, 1, 1] if side is Side.LEFT else [1, 1, 1]
    move = np.asarray(at) - (joints[0, :21].mean(0) * flip) @ rotation.T
    place = lambda p: (p * flip) @ rotation.T + move  # noqa: E731
    return place(joints[0, :21]), [(place(skin[0]), rig.faces), (place(arm), faces)]


def body(z=0.95):
    head = [solid([0, -0.22, z], [0.075, 0.11, 0.09]), solid([0, -0.1, z + 0.02], [0.055, 0.1, 0.06])]
    return [*head, solid([0, 0.3, z + 0.05], [0.22, 0.38, 0.13])]


def shoot(meshes, unit_m=0.001):
    """A depth frame of triangle meshes in the camera frame."""
    import open3d as o3d

    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    for v, f in meshes:
        scene.add_triangles(o3d.core.Tensor(np.asarray(v, np.float32)), o3d.core.Tensor(np.asarray(f, np.uint32)))
    u, v = np.meshgrid(np.arange(640, dtype=np.float32), np.arange(480, dtype=np.float32))
    rays = np.zeros((480, 640, 6), np.float32)
    rays[..., 3], rays[..., 4], rays[..., 5] = (u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, 1
    z = scene.cast_rays(o3d.core.Tensor(rays), nthreads=1)["t_hit"].numpy()
    depth = np.where(z < 4, np.round(np.minimum(z, 4) / unit_m), 0).astype(np.uint16)
    return Frame(0, 0, CAMERA, depth=depth, depth_unit_m=unit_m)


def inside(box, joints):
    p = project(joints, CAMERA) - box.centre_px
    c, s = np.cos(box.angle_rad), np.sin(box.angle_rad)
    return (np.abs(p @ np.array([[c, -s], [s, c]])) < box.size_px / 2).all(-1).mean()


@pytest.mark.parametrize("gesture", ["spread", "open", "victory", "fist", "relaxed"])
@pytest.mark.parametrize("at", [(-0.12, 0.02, 0.4), (-0.16, -0.05, 0.7)])
def test_a_hand_before_a_body(gesture, at):
    joints, meshes = hand(at, gesture)
    found = open().find(shoot([*meshes, *body()]))
    assert len(found) == 1, "the hand, and neither head nor body"
    assert inside(found[0], joints) > 0.95
    centre = project(joints.mean(0), CAMERA)
    assert np.linalg.norm(found[0].centre_px - centre) < 0.045 * CAMERA.fx / at[2]
    assert found[0].size_px == pytest.approx(2 * CUBE_M * CAMERA.fx / at[2], rel=0.15)
    assert found[0].side is Side.RIGHT


@pytest.mark.parametrize("turn_deg", [-90, -45, 0, 60, 180])
def test_the_box_turns_with_the_hand(turn_deg):
    _, meshes = hand((0.0, 0.0, 0.5), "open", np.radians(turn_deg))
    box = open().find(shoot(meshes))[0]
    off = (box.angle_rad - np.radians(turn_deg) + np.pi) % (2 * np.pi) - np.pi
    assert abs(off) < np.radians(25)


def test_both_hands():
    right, left = hand((-0.15, 0, 0.55)), hand((0.16, 0.03, 0.6), side=Side.LEFT)
    found = open().find(shoot([*right[1], *left[1], *body()]))
    assert {b.side for b in found} == {Side.RIGHT, Side.LEFT}
    for box in found:
        assert inside(box, (right if box.side is Side.RIGHT else left)[0]) > 0.95
    assert len(open().find(shoot([*right[1], *left[1]]), max_hands=1)) == 1


def test_no_hand_no_box():
    wall = np.array([[-3, -3, 1.2], [3, -3, 1.2], [3, 3, 1.2], [-3, 3, 1.2]], float), np.array([[0, 1, 2], [0, 2, 3]])
    for scene in (body(0.6), body(0.9), [wall], [solid([0, 0, 0.5], [0.08] * 3)], [solid([0, 0, 9], [0.1] * 3)]):
        assert open().find(shoot(scene)) == []
    assert open().find(Frame(0, 0, CAMERA, color=np.zeros((480, 640, 3), np.uint8))) == []
    assert open().find(Frame(0, 0, CAMERA, depth=np.zeros((480, 640), np.uint16))) == []


def test_any_unit_and_size():
    joints, meshes = hand((0.05, 0.0, 0.45))
    frame = shoot(meshes, 0.000125)
    assert inside(open().find(frame)[0], joints) > 0.95
    small = cv2.resize(present(frame.depth), (320, 240), interpolation=cv2.INTER_NEAREST)
    camera = CAMERA.scaled(320, 240)
    box = open().find(Frame(0, 0, camera, depth=small, depth_unit_m=0.000125))[0]
    assert np.abs(box.centre_px - project(joints.mean(0), camera)).max() < 20


def test_a_crop_around_a_point_spans_the_depth_net_s_cube():
    centre = np.array([-0.1, 0.03, 0.5])
    crop = cut(shoot(body()), cube_box(centre, Side.RIGHT, 0.0, CAMERA), 96)
    assert 48 / crop.intrinsics.fx * np.linalg.norm(centre) == pytest.approx(CUBE_M, rel=1e-6)


@pytest.mark.skipif(not SR305.is_dir(), reason="the SR305 frames are not here")
def test_real_frames_of_an_sr305():
    camera = Intrinsics(476.007, 476.007, 313.683, 242.755, 640, 480)
    paths = sorted(SR305.glob("*/*.png"))
    assert len(paths) == 19
    # the palm's pixel in each frame, read off the pictures, in order
    palms = {
        "20210326-230536/110": (290, 235), "20210326-230536/130": (255, 215), "20210326-230536/150": (305, 230),
        "20210326-230536/170": (265, 235), "20210326-230536/30": (285, 325), "20210326-230536/50": (285, 285),
        "20210326-230536/70": (300, 255), "20210326-230536/90": (315, 225), "20210326-231615/0": (275, 285),
        "20210326-231615/60": (297, 290), "20210326-231615/220": (345, 290), "20210326-231615/40": (315, 305),
    }  # fmt: skip
    for path in paths:
        depth = present(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
        frame = Frame(0, 0, camera, depth=depth, depth_unit_m=0.000125)
        best = candidates(frame)[0]
        assert best.score >= LEAST_SCORE, path
        u, v = project(best.centre_m, camera)
        assert (
            abs(depth[round(v) - 6 : round(v) + 7, round(u) - 6 : round(u) + 7].max() / 8000 - best.centre_m[2]) < 0.05
        )
        assert best.centre_m[2] < 0.66, "the hand is the nearest part of the body in every frame"
        palm = palms.get(f"{path.parent.name}/{path.stem}")
        if palm is not None:
            assert np.hypot(u - palm[0], v - palm[1]) < 60, path


def table(z):
    """A table across the camera's axis."""
    return np.array([[-1, -0.8, z], [1, -0.8, z], [1, 0.8, z], [-1, 0.8, z]], float), np.array([[0, 1, 2], [0, 2, 3]])


def centres(boxes):
    rays = [np.array([*(box.centre_px - [CAMERA.cx, CAMERA.cy]) / CAMERA.fx, 1.0]) for box in boxes]
    return [ray / np.linalg.norm(ray) * box.distance_m for ray, box in zip(rays, boxes, strict=True)]


@pytest.mark.parametrize("gesture", ["open", "fist"])
def test_a_hand_flat_on_a_table_is_proposed(gesture):
    joints, meshes = hand((0.03, -0.02, 0.6), gesture)
    frame = shoot([*meshes, table(float(meshes[0][0][:, 2].max()) + 0.003)])
    assert open().find(frame) == [], "no air behind it"
    assert min(np.linalg.norm(at - joints.mean(0)) for at in centres(proposals(frame))) < 0.06
    assert proposals(shoot([table(0.6)])) == []


def test_a_limb_pointing_at_the_camera_and_full_of_holes_is_proposed_at_both_ends():
    joints, meshes = hand((0.0, -0.05, 0.7))
    frame = shoot(meshes)
    speckled = present(frame.depth).copy()
    speckled[np.random.default_rng(0).random(speckled.shape) < 0.4] = 0
    found = centres(open().propose(Frame(0, 0, CAMERA, depth=speckled, depth_unit_m=0.001)))
    assert min(np.linalg.norm(at - joints.mean(0)) for at in found) < 0.06
    assert max(np.linalg.norm(at - joints.mean(0)) for at in found) > 0.15, "the arm's other end"
    assert open().propose(Frame(0, 0, CAMERA, color=np.zeros((480, 640, 3), np.uint8))) == []
