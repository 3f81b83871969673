"""The message: complete, readable JSON, and true to the result."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from builders import frame_of, hand_of
from moving_hands import CAMERA, pose, result
from scipy.spatial.transform import Rotation

from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.hand.conventions import CONVENTIONS, convention
from handcam.hand.message import (
    SCHEMA,
    VERSION,
    encode_message,
    frame_message,
    hand_message,
    stream_message,
)  # fmt: skip
from handcam.types import HandPose, Side


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("order", CONVENTIONS)
def test_a_hand_survives_json(side, order):
    hand = pose(0.3, side)
    said = json.loads(encode_message(hand_message(replace(hand_of(hand, 7), filled=True), order)))
    names = convention(order).joints
    assert (said["side"], said["track"], said["metric"], said["state"]) == (side.value, 7, False, "filled")
    assert len(said["rotations"]) == len(said["radii_m"]) == len(names)
    assert len(said["joints_m"]) == len(said["keypoints_px"]) == len(said["sigma_m"]) == len(names)
    np.testing.assert_allclose(said["joints_m"], convention(order).of_common(hand.joints_m), atol=1e-5)
    angles = angles_deg(hand.joints_m, side)
    np.testing.assert_allclose([said["angles_deg"][name] for name in ANGLES], angles, atol=0.01)
    assert said["pinch_m"] == pytest.approx(np.linalg.norm(hand.joints_m[4] - hand.joints_m[8]), abs=1e-5)
    assert said["estimated"] == [*convention(order).estimated]


def test_every_field_is_in_the_schema_and_every_required_field_is_there():
    said = stream_message(result(3), "common21", 5)
    known = SCHEMA["properties"]
    assert set(said) <= set(known)
    assert set(SCHEMA["required"]) <= set(said)
    hand = known["hands"]["items"]
    assert set(said["hands"][0]) == set(hand["properties"])
    assert set(hand["required"]) <= set(said["hands"][0])
    assert (said["version"], said["sequence"], said["frame"]) == (VERSION, 5, 3)
    assert said["intrinsics"] == [CAMERA.fx, CAMERA.fy, CAMERA.cx, CAMERA.cy, 640, 480]


def test_unknown_numbers_are_null_not_nan():
    known = pose(0.0)
    joints = known.joints_m.copy()
    joints[4] = np.nan
    broken = HandPose(known.side, known.score, joints, known.metric, known.keypoints_px, known.sigma_m)
    text = encode_message(frame_message(frame_of(), [hand_message(hand_of(broken))]))
    hand = json.loads(text)["hands"][0]
    assert hand["joints_m"][4] == [None, None, None]
    assert hand["joints_m"][3] == pytest.approx(joints[3], abs=1e-5)
    assert hand["pinch_m"] is None


def test_an_order_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        hand_message(hand_of(pose(0.0)), "smplx")


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("order", CONVENTIONS)
def test_a_receiver_can_drive_a_rig_by_the_rotations(side, order):
    """Positions follow from the wrist, the rotations and the rest offsets alone; bones point along -z."""
    rest, now = (hand_message(hand_of(pose(t, side)), order) for t in (0.0, 0.4))
    names = convention(order).joints
    turns = [Rotation.from_quat(said["rotations"]) for said in (rest, now)]
    places = [np.array(said["joints_m"]) for said in (rest, now)]
    for parent, child in (("index_{}", "index_{}"), ("little_{}", "little_{}"), ("thumb_{}", "thumb_{}")):
        parts = ("proximal", "distal") if order == "openxr26" else ("mcp", "ip" if "thumb" in parent else "pip")
        if order == "openxr26" and "thumb" not in parent:
            parts = ("proximal", "intermediate")
        a, b = names.index(parent.format(parts[0])), names.index(child.format(parts[1]))
        for turn, place in zip(turns, places, strict=True):
            bone = place[b] - place[a]
            np.testing.assert_allclose(turn[a].apply([0, 0, -1]), bone / np.linalg.norm(bone), atol=2e-3)
    wrist, index, little = (names.index(n) for n in ("wrist", "index_tip", "little_tip"))
    assert np.isfinite(now["rotations"]).all()
    assert len({wrist, index, little}) == 3
    assert 0.15 < now["hand_length_m"] < 0.25
    assert len(now["bone_lengths_m"]) == 20
    radii = np.array(now["radii_m"])
    assert (radii > 0.001).all()
    assert (radii < 0.03).all()


def test_openxr_s_metacarpals_and_palm_are_turned_as_openxr_says():
    said = hand_message(hand_of(pose(0.4)), "openxr26")
    names, places = convention("openxr26").joints, np.array(said["joints_m"])
    turns = Rotation.from_quat(said["rotations"])
    for finger in ("index", "middle", "ring", "little"):
        base, mcp = names.index(f"{finger}_metacarpal"), names.index(f"{finger}_proximal")
        bone = places[mcp] - places[base]
        np.testing.assert_allclose(turns[base].apply([0, 0, -1]), bone / np.linalg.norm(bone), atol=2e-3)
    np.testing.assert_allclose(said["rotations"][0], said["rotations"][names.index("middle_metacarpal")])


def test_the_schema_in_the_repository_is_the_one_in_the_message():
    path = Path(__file__).parents[3] / "docs" / "schemas" / stream_message(result(3), "common21", 5)["$schema"]
    assert json.loads(path.read_text()) == SCHEMA
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for order in CONVENTIONS:
        message = json.loads(encode_message(stream_message(result(3, tuple(Side)), order, 5)))
        assert next(iter(message)) == "$schema"
        assert list(validator.iter_errors(message)) == []
