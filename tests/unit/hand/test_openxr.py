"""OpenXR's 26 joints: its order, our measurements untouched, and guesses that say so."""

import numpy as np
import pytest
from moving_hands import joints

from handcam.hand.openxr import ESTIMATED, OPENXR_JOINTS, openxr_sigma, to_openxr
from handcam.hand.rig import DOFS, load_rig
from handcam.types import Side


def test_the_order_is_that_of_the_standard():
    """``XrHandJointEXT``: palm 0, wrist 1, thumb 2 to 5, then metacarpal to tip of index 6, middle 11, ring 16, little
    21."""
    at = {name: i for i, name in enumerate(OPENXR_JOINTS)}
    expected = {
        "palm": 0, "wrist": 1, "thumb_metacarpal": 2, "thumb_proximal": 3, "thumb_distal": 4, "thumb_tip": 5,
        "index_metacarpal": 6, "index_proximal": 7, "index_intermediate": 8, "index_distal": 9, "index_tip": 10,
        "middle_metacarpal": 11, "middle_tip": 15, "ring_metacarpal": 16, "ring_tip": 20,
        "little_metacarpal": 21, "little_proximal": 22, "little_tip": 25,
    }  # fmt: skip
    assert {name: at[name] for name in expected} == expected
    assert len(OPENXR_JOINTS) == 26
    assert [OPENXR_JOINTS[i] for i in ESTIMATED] == [
        "palm", "index_metacarpal", "middle_metacarpal", "ring_metacarpal", "little_metacarpal"
    ]  # fmt: skip


@pytest.mark.parametrize("side", list(Side))
def test_measured_joints_are_untouched(side):
    points = np.stack([joints(t, side) for t in (0.0, 1.0, 2.0)])
    there = to_openxr(points)
    assert there.shape == (3, 26, 3)
    assert (there[:, [i for i in range(26) if i not in ESTIMATED]] == points).all()
    names = dict(zip(OPENXR_JOINTS, there[0], strict=True))
    assert (names["thumb_metacarpal"] == points[0, 1]).all()
    assert (names["index_intermediate"] == points[0, 6]).all()
    np.testing.assert_allclose(names["palm"], (names["middle_metacarpal"] + names["middle_proximal"]) / 2)


def test_metacarpals_are_near_those_of_the_rig():
    """The rig knows where they are; it was made by somebody else."""
    hand = load_rig().pose(np.zeros((1, len(DOFS)), np.float32))[0].astype(float)
    there = to_openxr(hand[:21])
    for i, name in enumerate(("index", "middle", "ring", "little")):
        guess = there[OPENXR_JOINTS.index(f"{name}_metacarpal")]
        assert np.linalg.norm(guess - hand[21 + i]) < 0.009, name


def test_an_unknown_joint_does_not_spoil_the_measured_ones():
    points = joints(0.0)
    points[8] = np.nan
    there = to_openxr(points)
    measured = [i for i in range(26) if i not in ESTIMATED and i != 10]
    assert np.isfinite(there[measured]).all()
    assert np.isnan(there[10]).all()


def test_guesses_are_less_sure():
    sigma = openxr_sigma(np.full(21, 0.004))
    for i in range(26):
        assert sigma[i] == pytest.approx(np.hypot(0.004, 0.007) if i in ESTIMATED else 0.004)
