"""The library in a person's hands: pictures of every kind, determinism, and what results can be turned into."""

import doctest
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from builders import ScriptedTracker
from moving_hands import CAMERA, pose, result
from PIL import Image
from typed import present

import handcam
from handcam import HandTracker
from handcam.api import Result
from handcam.hand.anatomy import ANGLES
from handcam.hand.rotations import joint_frames
from handcam.pictures import to_rgb
from handcam.types import Controls, Frame, InputError, Side

PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
GREY = np.repeat(PICTURE[..., :1], 3, axis=2)


@pytest.mark.parametrize(("given", "expected", "how"), [
    (PICTURE, PICTURE, {}),
    (PICTURE[..., ::-1], PICTURE, {"color": "bgr"}),
    (np.dstack([PICTURE, PICTURE[..., 0]]), PICTURE, {}),
    (np.dstack([PICTURE[..., ::-1], PICTURE[..., 0]]), PICTURE, {"color": "bgr"}),
    (PICTURE[..., 0], GREY, {}),
    (PICTURE[..., :1], GREY, {"color": "bgr"}),
    ((PICTURE / 255).astype(np.float32), PICTURE, {"value_range": (0, 1)}),
    (PICTURE / 127.5 - 1, PICTURE, {"value_range": (-1, 1)}),
    (Image.fromarray(PICTURE), PICTURE, {}),
    (Image.fromarray(PICTURE).convert("RGBA"), PICTURE, {"color": "bgr"}),
    (Image.fromarray(PICTURE[..., 0]), GREY, {}),
])  # fmt: skip
def test_pictures_of_every_usual_kind_are_rgb(given, expected, how):
    np.testing.assert_array_equal(to_rgb(given, **how), expected)


def test_a_path_is_a_picture(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), PICTURE[..., ::-1])
    np.testing.assert_array_equal(to_rgb(tmp_path / "a.png"), PICTURE)
    np.testing.assert_array_equal(to_rgb(str(tmp_path / "a.png"), "bgr"), PICTURE)


@pytest.mark.parametrize(("given", "how", "sentence"), [
    (PICTURE / 255, {}, r"float64 \(48 64 3\) from 0 to 1; .*value_range"),
    (PICTURE.astype(np.uint16) * 4, {}, r"uint16 \(48 64 3\) from 0 to 1020"),
    (PICTURE, {"color": "hsv"}, "rgb or bgr"),
    (np.full((4, 4, 3), np.nan), {"value_range": (0, 1)}, "finite"),
    ("nowhere.png", {}, "no picture nowhere.png"),
    ([[1, 2], [3, 4]], {}, "type list"),
])  # fmt: skip
def test_other_pictures_are_refused_with_dtype_shape_and_range(given, how, sentence):
    with pytest.raises(InputError, match=sentence):
        to_rgb(given, **how)


class Echo(ScriptedTracker):
    """Remembers the frames it was given."""

    latent = 2

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []

    def track(self, frame, controls=Controls()):
        self.frames.append(frame)
        return replace(result(frame.index), frame=frame)


@pytest.fixture
def echo(monkeypatch):
    opened = Echo()
    monkeypatch.setattr(handcam.api, "open_tracker", lambda *_: opened)
    return opened


def test_what_track_is_told_reaches_the_tracker(echo):
    tracker = HandTracker()
    depth_m = np.full((48, 64), 0.5004, np.float32)
    depth_m[0, 0], depth_m[0, 1] = np.nan, 90.0
    tracker.track(PICTURE[..., ::-1], color="bgr", time_s=1.5, depth=depth_m, intrinsics=CAMERA)
    tracker.track(PICTURE, time_s=1.75, depth=np.full((48, 64), 4000, np.uint16), depth_unit_m=0.000125)
    first, second = echo.frames
    np.testing.assert_array_equal(first.color, PICTURE)
    assert (first.device_time_ns, second.device_time_ns) == (1_500_000_000, 1_750_000_000)
    assert (first.depth[1, 1] * first.depth_unit_m, first.depth[0, 0], first.depth[0, 1]) == (
        pytest.approx(0.5004), 0, 0,
    )  # fmt: skip
    assert second.depth[0, 0] * second.depth_unit_m == pytest.approx(0.5)
    assert first.intrinsics == CAMERA.scaled(64, 48)
    with pytest.raises(InputError, match="it must rise"):
        tracker.track(PICTURE, time_s=1.0)
    tracker.reset()
    tracker.track(PICTURE, time_s=1.0)
    with pytest.raises(InputError, match="A Frame has its own time"):
        tracker.track(first, time_s=3.0)


@pytest.mark.parametrize(("length", "hint"), [(19, "in centimetres"), (190.0, "in millimetres"), (0.5, "metres long.")])
def test_a_hand_length_in_another_unit_is_refused_with_a_hint(echo, length, hint):
    with pytest.raises(InputError, match=hint):
        HandTracker().track(PICTURE, Controls(hand_length_m=length))


def test_results_are_plain_values_tables_and_pictures():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    made = Result.of(result(3, (Side.RIGHT, Side.LEFT)))
    said = made.to_dict("openxr26")
    assert (said["frame"], [hand["side"] for hand in said["hands"]]) == (3, ["right", "left"])
    np.testing.assert_array_equal(made.hands[0].joints("mano")[17], made.hands[0].pose.joints_m[8])
    assert made.hands[0].joints("openxr26").shape == (26, 3)
    assert "palm_x_m" in made.to_records("openxr26")[0]
    assert "palm_x_m" in made.to_dataframe(joints="openxr26")
    records = made.to_records()
    assert [record["side"] for record in records] == ["right", "left"]
    assert records[0]["device_time_ns"] is None
    for table in (made.to_dataframe(), made.to_dataframe("polars")):
        assert isinstance(table, (pandas.DataFrame, polars.DataFrame))
        np.testing.assert_allclose(list(table["index_tip_x_m"]), [h.pose.joints_m[8, 0] for h in made.hands])
    nobody = Result.of(result(3, ()))
    assert nobody.to_records() == []
    assert "wrist_x_m" in nobody.to_dataframe()
    assert len(nobody.to_dataframe()) == 0


def test_a_hand_knows_its_rotations_angles_and_skin():
    (hand,) = Result.of(result(3)).hands
    truth = joint_frames(hand.pose.joints_m, Side.RIGHT)
    x, y, z, w = hand.rotations()[5]
    np.testing.assert_allclose([1 - 2 * (y * y + z * z), 2 * (x * y + z * w)], truth[5, :2, 0], atol=1e-9)
    np.testing.assert_allclose(hand.rotations("parent")[0], hand.rotations()[0])
    assert list(hand.angles()) == list(ANGLES)
    vertices, faces = hand.mesh()
    assert faces.max() == len(vertices) - 1
    assert np.linalg.norm(vertices[:, None] - hand.pose.joints_m, axis=-1).min(axis=0).max() < 0.02


def test_drawing_leaves_the_picture_alone_and_keeps_its_channels():
    made = Result.of(result(3))
    color = present(made.frame.color)
    before = color.copy()
    drawn, bgr = made.draw(), made.draw(color[..., ::-1], color="bgr")
    np.testing.assert_array_equal(made.frame.color, before)
    np.testing.assert_array_equal(drawn, bgr[..., ::-1])
    u, v = made.hands[0].pose.keypoints_px[8].round().astype(int)
    assert (drawn[v, u] == 255).all()
    with pytest.raises(InputError, match="no colour picture"):
        replace(made, frame=replace(made.frame, color=None, depth=np.zeros((480, 640), np.uint16))).draw()


def test_what_is_printed_is_short():
    made = Result.of(result(3, (Side.RIGHT, Side.LEFT)))
    assert len(repr(made)) < 300
    assert "right" in repr(made)
    assert len(repr(made.hands[0])) < 120
    assert len(repr(made.frame)) < 60
    assert len(repr(pose(0.0))) < 90


def test_everything_is_at_the_front_door():
    assert {"HandTracker", "Controls", "Result", "Side", "track_file"} <= set(dir(handcam)) == set(handcam.__all__)
    for name in handcam.__all__:
        assert getattr(handcam, name) is not None


def test_the_examples_of_the_documents_run():
    path = Path(__file__).parents[2] / "docs" / "library.md"
    failures, tests = doctest.testfile(str(path), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert tests > 12
    assert failures == 0


def test_importing_and_tracking_change_no_setting_of_the_process():
    code = (
        "import os, sys; before = dict(os.environ)\n"
        "import handcam; from handcam import HandTracker\n"
        "assert 'numpy' not in sys.modules or True\n"
        "import numpy as np; from threadpoolctl import threadpool_info\n"
        "threads = [p['num_threads'] for p in threadpool_info() if p['user_api'] == 'blas']\n"
        "with HandTracker() as t: t.track(np.zeros((48, 64, 3), np.uint8))\n"
        "assert threads == [p['num_threads'] for p in threadpool_info() if p['user_api'] == 'blas'][:len(threads)]\n"
        "changed = {k for k in os.environ if os.environ[k] != before.get(k)} - {'ORT_DISABLE_TELEMETRY'}\n"
        "assert not [k for k in changed if 'THREADS' in k], changed\n"
    )
    environment = {key: value for key, value in os.environ.items() if "THREADS" not in key}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=100)


def test_with_times_the_same_pictures_give_the_same_joints():
    from handcam.sources import SourceSettings, open_source

    source = open_source("demo", SourceSettings(realtime=False, width=320, height=240))
    pictures = [present(source.read()).color for _ in range(5)]
    source.close()
    with HandTracker(runtime="onnxruntime:float32") as tracker:
        runs = []
        for _ in range(2):
            tracker.reset()
            runs.append([tracker.track(p, time_s=i / 7) for i, p in enumerate(pictures)])
    for a, b in zip(*runs, strict=True):
        assert [h.pose.joints_m.tobytes() for h in a.hands] == [h.pose.joints_m.tobytes() for h in b.hands]
    assert runs[0][-1].hands
