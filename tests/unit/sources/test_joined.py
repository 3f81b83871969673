"""Several sources as one: paired in time, side by side, recorded and replayed."""

from dataclasses import replace
from pathlib import Path
from threading import Event
from time import perf_counter_ns, sleep

import cv2
import numpy as np
import pytest
from builders import CAMERA, hand_of, pose_of, result_of

from handcam.calibration.lens import Lens
from handcam.calibration.rig import Rig, RigCamera, write_rig
from handcam.plugins import load
from handcam.session import open_session
from handcam.session.format import anonymous_source
from handcam.session.writer import SessionWriter, header
from handcam.sources import Seekable, Source, SourceSettings, open_source, split_sources
from handcam.types import Controls, Frame, SourceError

SMALL = CAMERA.scaled(64, 48)


def pictures(folder: Path, value: int, count: int = 8) -> Path:
    folder.mkdir()
    for n in range(count):
        cv2.imwrite(str(folder / f"{n}.png"), np.full((48, 64, 3), value + n, np.uint8))
    return folder


def rig_file(path: Path, offset_s: float = 0.0) -> Path:
    pose = np.eye(4)
    pose[:3, 3] = 0.3, 0.0, 0.05
    lens = Lens(SMALL)
    write_rig(path, Rig((RigCamera("a", lens), RigCamera("b", lens).placed(pose, offset_s, 0.5)), "board"))
    return path


def test_a_plus_joins_only_before_a_scheme() -> None:
    assert split_sources("webcam:0+webcam:1") == ["webcam:0", "webcam:1"]
    assert split_sources("webcam+demo:@40+demo") == ["webcam", "demo:@40", "demo"]
    assert split_sources("video:a+b.mp4") == ["video:a+b.mp4"]
    assert split_sources("images:one+images:two+three") == ["images:one", "images:two+three"]
    assert anonymous_source("video:/home/me/a.mp4+webcam:http://me:pw@x/y") == "video:a.mp4+webcam:http://x/y"


def test_files_stand_side_by_side_and_can_be_sought(tmp_path: Path) -> None:
    a, b = pictures(tmp_path / "a", 10), pictures(tmp_path / "b", 110)
    rig = rig_file(tmp_path / "rig.json")
    source = open_source(f"images:{a}+images:{b}", SourceSettings(calibration=rig, realtime=False))
    assert isinstance(source, Seekable)
    assert source.length == 8
    frames = [source.read() for _ in range(3)]
    source.seek(6)
    frames.append(source.read())
    source.close()
    for n, frame in zip((0, 1, 2, 6), frames, strict=True):
        assert frame is not None
        assert frame.color is not None
        assert frame.color.shape == (48, 128, 3)
        assert frame.index == n
        left, right = frame.split()
        assert (left.color == 10 + n).all()
        assert (right.color == 110 + n).all()
        assert right.intrinsics == SMALL
        assert frame.views[1].metric
        pose = frame.views[1].camera_from_first
        assert pose is not None
        assert pose[:3, 3] == pytest.approx([0.3, 0, 0.05])


def test_an_offset_of_the_clocks_pairs_other_pictures(tmp_path: Path) -> None:
    a, b = pictures(tmp_path / "a", 10), pictures(tmp_path / "b", 110)
    rig = rig_file(tmp_path / "rig.json", offset_s=-0.2 / 3)  # the second clock is 2 frames of 30 Hz ahead
    source = open_source(f"images:{a}+images:{b}", SourceSettings(calibration=rig, realtime=False))
    frames = [source.read() for _ in range(3)]
    source.close()
    for n, frame in enumerate(frames):
        assert frame is not None
        assert (frame.split()[1].color == 112 + n).all()
        assert abs(frame.views[1].lag_s) < 0.001


def test_without_calibration_the_first_camera_alone_is_placed(tmp_path: Path) -> None:
    a, b = pictures(tmp_path / "a", 10), pictures(tmp_path / "b", 110)
    source = open_source(f"images:{a}+images:{b}", SourceSettings(realtime=False))
    frame = source.read()
    assert frame is not None
    assert all(view.camera_from_first is None for view in frame.views)
    assert "handcam calibrate rig" in " ".join(getattr(source, "notes", ()))
    source.close()


def test_a_rig_of_another_number_of_cameras_is_refused(tmp_path: Path) -> None:
    a = pictures(tmp_path / "a", 10)
    write_rig(tmp_path / "one.json", Rig((RigCamera("a", Lens(SMALL)),)))
    with pytest.raises(SourceError, match="holds 1 cameras, and 2 are joined"):
        open_source(f"images:{a}+images:{a}", SourceSettings(calibration=tmp_path / "one.json"))


class Camera:
    """A camera of 100 Hz whose clock runs with the host's."""

    live, fps = True, 100.0

    def __init__(self, name: str, fails_at: int = -1) -> None:
        self.name = self.camera = name
        self._closed, self._n, self._fails_at = Event(), 0, fails_at

    def read(self) -> Frame | None:
        if self._closed.wait(0.01):
            return None
        if self._n == self._fails_at:
            raise SourceError("unplugged")
        self._n += 1
        color = np.full((48, 64, 3), self._n % 250, np.uint8)
        return Frame(self._n - 1, perf_counter_ns(), SMALL, color)

    def close(self) -> None:
        self._closed.set()


def joined_cameras(monkeypatch: pytest.MonkeyPatch, second: Camera) -> Source:
    cameras = iter([Camera("first"), second])
    monkeypatch.setattr(load("handcam.sources", "webcam"), "open", lambda rest, settings: next(cameras))
    return open_source("webcam:0+webcam:1", SourceSettings())


def test_live_cameras_are_paired_by_when_their_pictures_came(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HANDCAM_SETTINGS", str(tmp_path / "settings.json"))
    source = joined_cameras(monkeypatch, Camera("second"))
    frames = [source.read() for _ in range(10)]
    source.close()
    lags = [frame.views[1].lag_s for frame in frames if frame is not None]
    assert len(lags) == 10
    assert np.median(np.abs(lags)) < 0.03
    assert not all(lag == 0 for lag in lags)


def test_a_camera_that_fails_ends_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HANDCAM_SETTINGS", str(tmp_path / "settings.json"))
    source = joined_cameras(monkeypatch, Camera("second", fails_at=3))
    sleep(0.1)

    def read_on() -> None:
        for _ in range(50):
            source.read()

    with pytest.raises(SourceError, match="unplugged"):
        read_on()
    source.close()


def test_a_session_keeps_the_cameras(tmp_path: Path) -> None:
    a, b = pictures(tmp_path / "a", 10), pictures(tmp_path / "b", 110)
    rig = rig_file(tmp_path / "rig.json")
    source = open_source(f"images:{a}+images:{b}", SourceSettings(calibration=rig, realtime=False))
    writer = SessionWriter(tmp_path / "session", header(source.name, None, Controls(), {}, 0))
    written = []
    for n in range(4):
        frame = source.read()
        assert frame is not None
        views = tuple(replace(view, lag_s=0.001 * n * k) for k, view in enumerate(frame.views))
        written.append(replace(frame, time_ns=n * 33_000_000, views=views))
        writer.write_frame(written[-1])
        joints = np.random.default_rng(n).normal(0, 0.05, (21, 3)) + np.array([0, 0, 0.5])
        writer.write_result(result_of(written[-1], (hand_of(pose_of(joints)),)))
    writer.close()
    source.close()
    with open_session(tmp_path / "session") as session:
        for n, frame in enumerate(written):
            again = session.frame(n)
            assert again is not None
            assert [view.left for view in again.views] == [0, 64]
            assert [view.lag_s for view in again.views] == pytest.approx([0, 0.001 * n])
            assert again.views[1].camera_from_first == pytest.approx(frame.views[1].camera_from_first)
            assert again.views[1].intrinsics == SMALL
            assert again.views[1].metric
            assert len(again.split()) == 2
            result = session.result(n)
            assert result is not None
            assert result.frame.views
    lines = (tmp_path / "session" / "frames.jsonl").read_text().splitlines()
    assert sum('"kind":"camera"' in line for line in lines) == 1  # not once a frame
