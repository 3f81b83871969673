"""The joint order, its neighbours, and lengths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handcam.hand.skeleton import (
    BONES,
    FINGER_OF_JOINT,
    FINGERS,
    HAND_LENGTH_BONES,
    INDEX,
    JOINTS,
    KNUCKLES,
    PARENTS,
    ROOT,
    TIPS,
    bone_lengths,
    hand_length,
    normalise,
)


def test_the_order_is_the_common_one() -> None:
    assert JOINTS[:6] == ("wrist", "thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip", "index_mcp")
    assert (len(JOINTS), len(set(JOINTS))) == (21, 21)
    assert [JOINTS[i] for i in TIPS] == [f"{finger}_tip" for finger in FINGERS]
    assert TIPS == (4, 8, 12, 16, 20)
    assert KNUCKLES == (5, 9, 13, 17)
    assert JOINTS[ROOT] == "middle_mcp"


def test_every_joint_hangs_on_the_wrist_through_its_own_finger() -> None:
    assert len(BONES) == 20
    for joint, parent in enumerate(PARENTS):
        assert parent < joint, "parents come first"
        if parent > 0:
            assert FINGER_OF_JOINT[parent] == FINGER_OF_JOINT[joint]
            assert JOINTS[parent].split("_")[0] == JOINTS[joint].split("_")[0]
    assert [JOINTS[child] for _, child in HAND_LENGTH_BONES] == ["middle_mcp", "middle_pip", "middle_dip", "middle_tip"]


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10))
def test_lengths_scale_and_do_not_move(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    joints = rng.normal(size=(21, 3))
    assert bone_lengths(scale * joints + rng.normal(size=3)) == pytest.approx(scale * bone_lengths(joints))
    assert hand_length(scale * joints) == pytest.approx(scale * hand_length(joints))
    same = normalise(scale * joints + rng.normal(size=3))
    assert same == pytest.approx(normalise(joints))
    assert same[ROOT] == pytest.approx([0, 0, 0])
    assert hand_length(same) == pytest.approx(1)


def test_hand_length_is_what_a_ruler_measures() -> None:
    joints = np.zeros((21, 3))
    for reach, name in ((0.09, "middle_mcp"), (0.13, "middle_pip"), (0.16, "middle_dip"), (0.185, "middle_tip")):
        joints[INDEX[name]] = [0, -reach, 0]
    assert hand_length(joints) == pytest.approx(0.185)
