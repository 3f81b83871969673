"""Guided calibration in the window: pictures of the board and of a hand beside a card in, kept files out."""

from pathlib import Path

import numpy as np
import pytest
from builders import CAMERA, frame_of, hand_of, pose_of, result_of
from planes import DISTORTED, place, see_plane
from PySide6.QtTest import QTest

from handcam.calibration.board import BOARD
from handcam.calibration.hand_scale import hand_file, read_hand
from handcam.calibration.lens import Lens
from handcam.calibration.reference import RECTANGLES_M
from handcam.calibration.rig import saved_lens
from handcam.gui.calibration.dialog import CalibrationDialog
from handcam.gui.calibration.guides import CameraGuide, HandGuide
from handcam.hand.skeleton import PARENTS
from handcam.tracking.bones import MEAN_LENGTHS
from handcam.types import HandcamError, Result


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDCAM_SETTINGS", str(tmp_path / "settings.json"))


def board_result(rng: np.random.Generator, index: int) -> Result:
    z = rng.uniform(0.3, 0.6)
    pose = place(0, 0, 0, tuple(rng.uniform(-30, 30, 3)))
    middle = np.array([BOARD.columns, BOARD.rows, 0]) * BOARD.square_m / 2
    pose[:3, 3] = np.array([*rng.uniform(-0.25, 0.25, 2) * z, z]) - pose[:3, :3] @ middle
    picture = see_plane(BOARD.picture(40), 40 / BOARD.square_m, pose, DISTORTED)
    return result_of(frame_of(index, color=picture, camera=DISTORTED.intrinsics))


def hand_result() -> Result:
    w, h = RECTANGLES_M["card"]
    picture = see_plane(np.full((round(h * 2000), round(w * 2000), 3), 230, np.uint8), 2000, place(0.06, -0.02, 0.45),
                        Lens(CAMERA), 80)  # fmt: skip
    joints = np.zeros((21, 3))
    for joint in range(1, 21):
        turn = np.radians((-50.0, -14.0, 0.0, 12.0, 26.0)[(joint - 1) // 4])
        step = 0.19 * MEAN_LENGTHS[joint - 1] * np.array([np.sin(turn), -np.cos(turn), 0.0])
        joints[joint] = joints[PARENTS[joint]] + step
    pose = pose_of(joints + np.array([-0.08, 0.08, 0.44]), metric=False)
    return result_of(frame_of(color=picture), (hand_of(pose),))


def test_the_camera_is_calibrated_and_kept() -> None:
    guide, rng = CameraGuide(lambda: "Fine Camera"), np.random.default_rng(0)
    with pytest.raises(HandcamError, match="No picture"):
        guide.finish()
    step = [guide.see(board_result(rng, n)) for n in range(7)][-1]
    assert step.picture.shape == (480, 640, 3)
    assert 0 < max(step.progress.values()) <= 1
    assert step.advice
    assert "Measured: focal length" in guide.finish()
    kept = saved_lens("Fine Camera", 640, 480)
    assert kept is not None
    assert kept.intrinsics.fx == pytest.approx(520, rel=0.05)
    with pytest.raises(HandcamError, match="Only a camera"):
        CameraGuide(lambda: "").finish()


def test_the_hand_is_measured_and_kept() -> None:
    guide, result = HandGuide("card"), hand_result()
    step = guide.see(result_of(result.frame))
    assert "No hand" in step.advice
    for _ in range(10):
        step = guide.see(result)
    assert step.advice == "Hold still."
    assert "Measured: your hand" in guide.finish()
    kept = read_hand(hand_file())
    assert kept is not None
    assert kept.length_m == pytest.approx(0.19, rel=0.05)


def test_the_dialog_goes_through_the_hand(app: object) -> None:
    measured, raw = [], []
    dialog = CalibrationDialog(None, measured.append, lambda: "Fine Camera")
    dialog.raw_wanted.connect(raw.append)
    dialog.show()
    dialog.tabs.setCurrentIndex(1)
    assert raw == [False]
    assert "bank card" in dialog.text.text()
    result = hand_result()
    for _ in range(4000):  # the worker looks at thirty pictures beside the window
        dialog.receive(result)
        QTest.qWait(5)
        if measured:
            break
    assert measured[0].length_m == pytest.approx(0.19, rel=0.05)
    assert "Measured: your hand" in dialog.outcome.text()
    dialog.close()
