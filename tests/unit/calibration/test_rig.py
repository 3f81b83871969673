"""Files of calibrated cameras, and the sources that use them."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from planes import DISTORTED

from handcam.calibration.lens import undistort
from handcam.calibration.rig import Rig, RigCamera, camera_file, read_rig, saved_lens, write_rig
from handcam.sources import SourceSettings, open_source
from handcam.types import HandcamError, SourceError


def test_a_rig_is_read_as_it_was_written(tmp_path: Path) -> None:
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(np.array([0.1, -0.7, 0.3]))[0]
    pose[:3, 3] = 0.4, -0.1, 0.2
    second = RigCamera("webcam:1", DISTORTED).placed(pose, 0.012, 0.8)
    rig = Rig((RigCamera("webcam:0", DISTORTED), second), "hand", 0.02, "today")
    write_rig(tmp_path / "rig.json", rig)
    again = read_rig(tmp_path / "rig.json")
    assert again == rig
    assert again.metric
    assert again.cameras[1].camera_from_first == pytest.approx(pose)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": "other", "version": 1, "cameras": []}', "\0"])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "rig.json").write_text(text)
    with pytest.raises(HandcamError, match="make it anew with handcam calibrate"):
        read_rig(tmp_path / "rig.json")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((16, 16, 3), np.uint8))
    with pytest.raises(SourceError, match="calibrate"):
        open_source(f"images:{tmp_path}", SourceSettings(calibration=tmp_path / "rig.json"))


def test_a_calibration_is_found_by_camera_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDCAM_SETTINGS", str(tmp_path / "settings.json"))
    path = camera_file(["Fine Camera/2 (046d)"], [(640, 480)])
    assert path.parent == tmp_path / "cameras"
    write_rig(path, Rig((RigCamera("Fine Camera/2 (046d)", DISTORTED),)))
    assert saved_lens("Fine Camera/2 (046d)", 640, 480) == DISTORTED
    assert saved_lens("Fine Camera/2 (046d)", 1280, 720) is None
    assert saved_lens("Fine Camera 3", 640, 480) is None


def test_a_source_gives_undistorted_pictures(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture[..., ::-1])
    write_rig(tmp_path / "rig.json", Rig((RigCamera("any", DISTORTED),)))
    small = DISTORTED.scaled(64, 48)
    wanted = undistort(picture, small)
    stated = SourceSettings(intrinsics=DISTORTED.intrinsics, distortion=DISTORTED.distortion, realtime=False)
    for settings in (SourceSettings(calibration=tmp_path / "rig.json", realtime=False), stated):
        source = open_source(f"images:{tmp_path / 'a.png'}", settings)
        frame = source.read()
        source.close()
        assert frame is not None
        assert frame.color is not None
        assert np.array_equal(frame.color, wanted)
        assert not np.array_equal(frame.color, picture)
        assert frame.intrinsics == small.intrinsics
    plain = open_source(f"images:{tmp_path / 'a.png'}", replace(stated, intrinsics=None, distortion=()))
    frame = plain.read()
    plain.close()
    assert frame is not None
    assert np.array_equal(np.asarray(frame.color), picture)
    assert frame.intrinsics.assumed
