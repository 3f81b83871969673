"""Small files of every data set that is read, good ones: what test_formats damages."""

import io
import json
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from scipy.io import savemat  # pyright: ignore[reportMissingTypeStubs]

from handcam.lab.data.sets import open_dataset
from handcam.lab.data.sets import stb as stb_reader
from handcam.lab.data.shards import read_shards
from handcam.lab.evaluate.published import read_uvd
from handcam.synth.shards import read_shard

__all__ = ["DATASETS"]

RNG = np.random.default_rng(0)


def picture(path: Path, width: int = 32, height: int = 24) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), RNG.integers(0, 255, (height, width, 3), np.uint8))
    return path


def joints(n: int) -> np.ndarray:
    return RNG.normal([0.0, 0.0, 0.5], 0.03, (n, 21, 3))


def stb(folder: Path) -> Path:
    (folder / "labels").mkdir()
    picture(folder / "images" / "B1" / "BB_left_0.png")
    savemat(folder / "labels" / "B1_BB.mat", {"handPara": 1000 * joints(2).T})
    return folder / "labels" / "B1_BB.mat"


def read_stb(path: Path) -> None:
    stb_reader.open(str(path.parents[1]), ("B1",), ("left",))[0]


def rhd(folder: Path) -> Path:
    picture(folder / "evaluation" / "color" / "00000.png")
    entry = {"xyz": joints(2).reshape(42, 3), "uv_vis": RNG.uniform(0, 30, (42, 3)), "K": np.diag([30.0, 30.0, 1.0])}
    path = folder / "evaluation" / "anno_evaluation.pickle"
    path.write_bytes(pickle.dumps({0: entry}, protocol=2))
    return path


def freihand(folder: Path) -> Path:
    picture(folder / "evaluation" / "rgb" / "00000000.jpg")
    (folder / "evaluation_K.json").write_text(json.dumps([[[30.0, 0, 16], [0, 30.0, 12], [0, 0, 1]]]))
    (folder / "evaluation_xyz.json").write_text(json.dumps(joints(1).round(4).tolist()))
    return folder / "evaluation_xyz.json"


def coco(folder: Path) -> Path:
    picture(folder / "images" / "a.png")
    points = np.column_stack([RNG.uniform(2, 20, (21, 2)), np.full(21, 2)]).round(1)
    hand = {"image_id": 1, "keypoints": points.ravel().tolist(), "bbox": [2, 2, 20, 18], "side": "left"}
    document = {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [hand]}
    (folder / "annotations.json").write_text(json.dumps(document))
    return folder / "annotations.json"


def nyu(folder: Path) -> Path:
    path = folder / "groundtruth.txt"
    np.savetxt(path, RNG.uniform(100, 400, (3, 42)), fmt="%.2f")
    return path


def shard(folder: Path) -> Path:
    arrays = {"features": RNG.normal(size=(4, 30)).astype(np.float16), "joints": joints(4), "keypoints": joints(4)}
    np.savez(folder / "00-0000.npz", **arrays)  # pyright: ignore[reportArgumentType]
    return folder / "00-0000.npz"


def crops(folder: Path) -> Path:
    path = folder / "000000.tar"
    _, jpeg = cv2.imencode(".jpg", RNG.integers(0, 255, (24, 24, 3), np.uint8))
    with tarfile.open(path, "w") as tar:
        for ending, data in (("rgb.jpg", jpeg.tobytes()), ("json", b'{"side": "left"}')):
            entry = tarfile.TarInfo(f"000000.{ending}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path


DATASETS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object], bool]] = {
    "STB (MAT)": (stb, read_stb, False),
    "RHD (pickle)": (rhd, lambda path: open_dataset(f"rhd:{path.parents[1]}")[0], False),
    "FreiHAND": (freihand, lambda path: open_dataset(f"freihand:{path.parent}")[0], True),
    "COCO": (coco, lambda path: open_dataset(f"coco:{path.parent}")[0], True),
    "NYU labels": (nyu, lambda path: read_uvd(path, "nyu"), True),
    "features (npz)": (shard, lambda path: list(read_shards([path])), False),
    "crops (tar)": (crops, lambda path: list(read_shard(path)), False),
}
"""How a good file is made, how the program reads it, and whether it is text."""
