"""Every file that is read from outside, damaged at random: it is read, or refused in one sentence, and soon."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import cv2
import numpy as np
import psutil
import pytest
from dataset_files import DATASETS
from media import make_video
from session_fuzzer import mutate_bytes, mutate_head, mutate_lines, mutate_tokens
from sessions import record
from small_space import small_weights

from handcam.cli._options import parse_intrinsics
from handcam.gestures.taught import Example, TaughtGestures
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.settings.store import SettingsStore, WindowSettings
from handcam.lab.data.sets import open_dataset
from handcam.lab.train.finetune import read_bones
from handcam.model.embedding import read_reference_set, reference_set_path
from handcam.model.latent.presets import Preset, Presets
from handcam.model.weights import read_card
from handcam.pictures import read_picture
from handcam.session.labels import Label, Labels
from handcam.sources import SourceSettings, open_source
from handcam.types import HandcamError, Side

HANG_S = 10.0
MEMORY = 2 << 30
QUICK = SourceSettings(realtime=False)


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file."""

    make: Callable[[Path], Path]
    """Writes a good one into a folder; returns the file that is then damaged."""
    read: Callable[[Path], object]
    """Reads it as the program does."""
    text: bool = True
    """Whether it is JSON."""


def picture_maker(suffix: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"picture{suffix}"
        pixels = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
        assert cv2.imwrite(str(path), pixels)
        return path

    return make


def write_json(name: str, value: object) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_text(json.dumps(value))
        return folder / name

    return make


def camera_of_pictures(folder: Path) -> Path:
    picture_maker(".png")(folder)
    return write_json("intrinsics.json", {**CAMERA, "width": 32, "height": 24, "depth_unit_m": 0.001})(folder)


def labelled_folder(folder: Path) -> Path:
    picture_maker(".png")(folder)
    joints = np.random.default_rng(0).normal([0, 0, 500], 30, (21, 3)).tolist()
    label = {"image": "picture.png", "intrinsics": [30, 30, 16, 12], "side": "left", "joints_mm": joints}
    (folder / "labels.jsonl").write_text(json.dumps(label) + "\n")
    return folder / "labels.jsonl"


def presets(folder: Path) -> Path:
    path = folder / "presets.json"
    Presets(path).save(Preset("a fist", "ab12", np.zeros(6, np.float32)))
    return path


def taught_gestures(folder: Path) -> Path:
    example = Example("fist", "pose", [0.1] * 20, [0.5] * 6)
    TaughtGestures().with_example(example, "ab12").write(folder / "gestures.json")
    return folder / "gestures.json"


def read_settings(path: Path) -> None:
    """As the window does at its start; what is wrong is told, not raised."""
    worker = BackgroundWorker()
    SettingsStore(path, WindowSettings, worker).restore(lambda settings: None)
    worker.close(1.0)


def session_labels(folder: Path) -> Path:
    record(folder / "session", 3)
    labels = Labels(folder / "session")
    labels.put(Label(0, 0, True, Side.LEFT))
    return labels.path


def read_frames(source: str) -> None:
    opened = open_source(source, QUICK)
    try:
        while opened.read() is not None:
            pass
    finally:
        opened.close()


CAMERA = {"fx": 30.0, "fy": 30.0, "cx": 16.0, "cy": 12.0}
FORMATS = {
    "side file": Format(lambda folder: small_weights(folder)[0].with_suffix(".json"),
                        lambda path: read_card(path.with_suffix(".safetensors"))),
    "reference set": Format(lambda folder: reference_set_path(small_weights(folder)[0]),
                            lambda path: read_reference_set(next(path.parent.glob("*.safetensors"))), False),
    "settings": Format(write_json("settings.json", {"format": "handcam.settings", "values": {
        "hand_length_cm": 19.0, "mirror": True, "hands": "both", "samples": 3}}), read_settings),
    "presets": Format(presets, lambda path: Presets(path).all()),
    "calibration": Format(write_json("camera.json", {**CAMERA, "width": 640, "height": 480}),
                          lambda path: parse_intrinsics(str(path))),
    "camera of pictures": Format(camera_of_pictures, lambda path: read_frames(f"images:{path.parent}")),
    "bones": Format(write_json("bones.json", {"index_pip": 41.5, "thumb_ip": 30}), read_bones),
    "labels": Format(session_labels, lambda path: Labels(path.parent).accepted()),
    "labelled pictures": Format(labelled_folder, lambda path: open_dataset(f"folder:{path.parent}")[0]),
    "video": Format(lambda folder: make_video(folder / "clip.mp4", frames=8),
                    lambda path: read_frames(f"video:{path}"), False),
    **{kind: Format(picture_maker(f".{kind}"), read_picture, False) for kind in ("png", "jpg", "bmp", "webp", "tif")},
    **{name: Format(*made) for name, made in DATASETS.items()},
    "gestures": Format(taught_gestures, TaughtGestures.read),
}  # fmt: skip


@pytest.mark.parametrize("count", [20, pytest.param(10_000, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_read_or_refused_in_one_sentence(name: str, count: int, tmp_path: Path) -> None:
    kind = FORMATS[name]
    (tmp_path / "good").mkdir()
    good = kind.make(tmp_path / "good")
    kind.read(good)
    whole, before = good.read_bytes(), psutil.Process().memory_info().rss
    ways = [mutate_bytes, mutate_tokens, mutate_lines] if kind.text else [mutate_bytes, mutate_head]
    for seed in range(count):
        rng = random.Random(seed)
        good.write_bytes(rng.choice(ways)(bytearray(whole), rng))
        begun = process_time()
        try:
            kind.read(good)
        except (HandcamError, ValueError) as error:
            said_well = isinstance(error, HandcamError) or name == "calibration"  # the command line names the option
            if not said_well or "\n" in str(error) or len(str(error)) > 1000:
                shutil.copy(good, tmp_path / f"{seed}{good.suffix}")
                raise
        assert process_time() - begun < HANG_S, f"seed {seed}"
    assert psutil.Process().memory_info().rss - before < MEMORY
    good.write_bytes(whole)
    kind.read(good)  # the next good one is read
