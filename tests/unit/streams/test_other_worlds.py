"""VMC and LSL: what avatars and laboratories are told."""

import numpy as np
import pytest
from moving_hands import joints, pose, result
from pythonosc.osc_bundle import OscBundle
from scipy.spatial.transform import Rotation
from typed import present

from handcam.hand.anatomy import ANGLES, angles_deg
from handcam.streams import StreamSettings, open_stream
from handcam.streams.vmc import BONES, bone_rotations, bundle
from handcam.types import Side

BOTH = (Side.RIGHT, Side.LEFT)


@pytest.mark.parametrize("side", BOTH)
def test_vmc_bends_an_avatar_s_fingers_towards_its_palm(side):
    """In the T-pose palms face down: a bent finger of either hand points down (-y), and further the more it is bent."""
    now = pose(1.2, side)
    turns = dict(zip(BONES, Rotation.from_quat(bone_rotations(now)), strict=True))
    out = np.array([1.0 if side is Side.RIGHT else -1.0, 0.0, 0.0])
    bends = dict(zip(ANGLES, angles_deg(now.joints_m[None], side)[0], strict=True))
    for finger in ("Index", "Middle", "Ring", "Little"):
        chain = turns[f"{finger}Proximal"] * turns[f"{finger}Intermediate"] * turns[f"{finger}Distal"]
        tip = chain.apply(out)
        total = sum(bends[f"{finger.lower()}_{part}_flexion"] for part in ("mcp", "pip", "dip"))
        assert total > 30
        assert np.degrees(np.arctan2(-tip[1], tip @ out)) % 360 == pytest.approx(total, abs=25)
        intermediate = turns[f"{finger}Intermediate"].magnitude()
        assert np.degrees(intermediate) == pytest.approx(bends[f"{finger.lower()}_pip_flexion"], abs=12)


def test_both_hands_are_mirror_images():
    right, left = (bone_rotations(pose(0.8, side)) for side in BOTH)
    here = [joints(0.8, side) for side in BOTH]
    if np.allclose(here[0] * [-1, 1, 1], here[1], atol=1e-6):
        np.testing.assert_allclose(right * [1, -1, -1, 1], left, atol=1e-6)
    assert np.isfinite([right, left]).all()


def test_vmc_counts_its_time_from_the_first_frame():
    """Its seconds are a 32-bit float, which after half a day of uptime knows only steps of 4 ms."""
    (sent,) = [
        m.params for m in OscBundle(bundle(result(3, BOTH), result(0).frame.time_ns)) if m.address == "/VMC/Ext/T"
    ]
    assert sent[0] == pytest.approx((result(3).frame.time_ns - result(0).frame.time_ns) / 1e9, abs=1e-6)


def test_vmc_names_and_ends_as_the_protocol_asks():
    said = [(m.address, m.params) for m in OscBundle(bundle(result(3, BOTH)))]
    bones = [params for address, params in said if address == "/VMC/Ext/Bone/Pos"]
    assert {params[0] for params in bones} == {f"{side}{bone}" for side in ("Left", "Right") for bone in BONES}
    assert all(len(params) == 8 and np.linalg.norm(params[4:]) == pytest.approx(1, abs=1e-5) for params in bones)
    assert [address for address, _ in said[-2:]] == ["/VMC/Ext/T", "/VMC/Ext/OK"]
    assert said[-1][1] == [1]


def test_lsl_is_found_by_its_labels_and_times():
    pylsl = pytest.importorskip("pylsl")
    stream = open_stream("lsl:labels", StreamSettings())
    try:
        (info,) = pylsl.resolve_byprop("name", "labels_right", 1, 5)
        inlet = pylsl.StreamInlet(info)
        inlet.open_stream(5)
        channel = inlet.info().desc().child("channels").child("channel")
        assert channel.child_value("label") == "wrist_x"
        seen, sample = result(3), None
        for _ in range(20):
            stream.send(seen)
            sample, _ = inlet.pull_sample(0.2)
            if sample:
                break
        np.testing.assert_allclose(present(sample)[:63], seen.hands[0].pose.joints_m.ravel(), atol=1e-5)
    finally:
        stream.close()
