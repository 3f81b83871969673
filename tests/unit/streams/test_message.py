"""The message: complete, readable JSON, and true to the result."""

import json

import numpy as np
import pytest
from moving_hands import CAMERA, pose, result

from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.hand.message import (
    ORDERS,
    SCHEMA,
    VERSION,
    encode_message,
    frame_message,
    hand_message,
    stream_message,
)  # fmt: skip
from handcam.hand.openxr import ESTIMATED
from handcam.types import HandPose, Side


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("order", list(ORDERS))
def test_a_hand_survives_json(side, order):
    hand = pose(0.3, side)
    said = json.loads(encode_message(hand_message(7, hand, order)))
    names = ORDERS[order]
    assert (said["side"], said["track"], said["metric"]) == (side.value, 7, False)
    assert len(said["joints_m"]) == len(said["keypoints_px"]) == len(said["sigma_m"]) == len(names)
    by_name = dict(zip(names, said["joints_m"], strict=True))
    np.testing.assert_allclose(by_name["wrist"], hand.joints_m[0], atol=1e-5)
    np.testing.assert_allclose(by_name["little_tip"], hand.joints_m[20], atol=1e-5)
    angles = angles_deg(hand.joints_m, side)
    np.testing.assert_allclose([said["angles_deg"][name] for name in ANGLES], angles, atol=0.01)
    assert said["pinch_m"] == pytest.approx(np.linalg.norm(hand.joints_m[4] - hand.joints_m[8]), abs=1e-5)
    assert said["estimated"] == (list(ESTIMATED) if order == "openxr26" else [])


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
    text = encode_message(frame_message(0, 0, CAMERA, [hand_message(1, broken)]))
    hand = json.loads(text)["hands"][0]
    assert hand["joints_m"][4] == [None, None, None]
    assert hand["joints_m"][3] == pytest.approx(joints[3], abs=1e-5)
    assert hand["pinch_m"] is None


def test_an_order_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        hand_message(1, pose(0.0), "mano")
