"""Fixed splits: the same hands for everybody, no hand on both sides, H as the paper has it."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from handcam.geometry import project
from handcam.lab.data.sets import Sample, folder
from handcam.lab.evaluate.published import CAMERAS
from handcam.lab.experiments._splits import SplitSettings, open_split
from handcam.synth.poses import sample_poses
from handcam.types import Frame, HandcamError, Intrinsics, Side

CAMERA = Intrinsics(400.0, 400.0, 159.5, 119.5, 320, 240)


def settings(cache: Path, **changes) -> SplitSettings:
    return SplitSettings(**({"cache": cache, "poses": 60, "pictures": 6, "test": 5} | changes))


def make_folder(root: Path, n: int = 10) -> np.ndarray:
    """Left and right hands in turn, in grey pictures with a bright square at the wrist."""
    joints = sample_poses(np.random.default_rng(3), n).joints_m.astype(float)
    joints[:, :, 2] += 0.55 - joints[:, :, 2].mean(1, keepdims=True)
    joints[:, :, :2] -= joints[:, :, :2].mean(1, keepdims=True)
    joints[1::2, :, 0] *= -1
    samples = []
    for i, hand in enumerate(joints):
        picture = np.full((240, 320, 3), 90, np.uint8)
        u, v = np.round(project(hand, CAMERA)[0]).astype(int)
        picture[max(v - 4, 0) : v + 5, max(u - 4, 0) : u + 5] = (255, 40, 0)
        side = Side.LEFT if i % 2 else Side.RIGHT
        samples.append(Sample(Frame(i, 0, CAMERA, picture), str(i), side, hand, project(hand, CAMERA)))
    folder.write(root, samples)
    return joints


def keypoints_of(hands) -> np.ndarray:
    """Where the true joints are seen, if they are what they say: their rays through any root give the keypoints."""
    return hands.arrays["keypoints2d"][:, :42].reshape(-1, 21, 2)


def test_poses_are_the_same_every_time_and_nested(tmp_path):
    a, b = (open_split("poses", settings(tmp_path)) for _ in range(2))
    assert np.array_equal(a.train.arrays["joints3d"], b.train.arrays["joints3d"])
    assert (len(a.train), len(a.test)) == (60, 5)
    shared = (a.train.arrays["joints3d"][:, None] == a.test.arrays["joints3d"][None]).all((2, 3))
    assert not shared.any()
    assert "seeds 81 and 82" in a.description
    assert np.abs(np.linalg.norm(np.diff(a.train.joints_mm[:, 9:13], axis=1), axis=-1)).max() < 120


def test_without_the_side_every_second_hand_is_a_left_one(tmp_path):
    known, both = (open_split("poses", settings(tmp_path), known_side) for known_side in (True, False))
    for name, flip in (("joints3d", [-1.0, 1.0, 1.0]), ("keypoints2d", [-1.0, 1.0])):
        a, b = known.train.arrays[name], both.train.arrays[name]
        if name == "keypoints2d":
            a, b = (x[:, :42].reshape(-1, 21, 2) for x in (a, b))
        assert np.allclose(a[::2], b[::2])
        assert np.allclose(a[1::2] * flip, b[1::2], atol=1e-6)
    assert not both.known_side


def test_rendered_hands_are_kept_and_go_on(tmp_path):
    small = open_split("rendered", settings(tmp_path))
    assert set(small.train.modalities) == {"rgb", "depth", "keypoints2d", "joints3d"}
    assert small.train.arrays["target.rgb"].shape == (6, 64, 64, 3)
    assert small.train.decodable("rgb")
    assert not small.train.decodable("depth"), "what was seen of depth is no depth map"
    larger = open_split("rendered", settings(tmp_path, pictures=8))
    for name, array in small.train.arrays.items():
        assert np.allclose(array.astype(float), larger.train.arrays[name][:6].astype(float), atol=2e-3), name
    again = open_split("rendered", settings(tmp_path))
    assert np.array_equal(again.train.features["rgb"], small.train.features["rgb"])
    pixels = open_split("rendered", settings(tmp_path, pixels=True))
    assert pixels.train.arrays["rgb"].dtype == np.uint8
    assert pixels.train.decodable("rgb")


def test_labelled_pictures_are_cut_as_live_and_split(tmp_path):
    joints = make_folder(tmp_path / "data")
    split = open_split(f"folder:{tmp_path / 'data'}", settings(tmp_path / "cache", pixels=True))
    assert (len(split.train), len(split.test)) == (6, 2)
    test = joints[[4, 9]]
    lengths = np.linalg.norm(np.diff(test[:, [0, 9, 10, 11, 12]], axis=1), axis=-1).sum(1) * 1000
    assert np.allclose(split.test.length_mm, lengths, rtol=1e-5)
    for hands in (split.train, split.test):
        wrist = (keypoints_of(hands)[:, 0] + 1) * 32
        for (u, v), picture in zip(np.round(wrist - 0.5).astype(int), hands.arrays["rgb"], strict=True):
            if 2 < u < 61 and 2 < v < 61:
                assert picture[v, u, 0] > picture[v, u, 2] + 30, "the picture and its labels belong together"
    chosen = [0, 1, 3, 5, 7, 8]
    right = _side(joints[chosen] * np.where(np.array(chosen) % 2 == 1, -1, 1)[:, None, None] ** [1, 0, 0])
    assert (_side(split.train.joints_mm) == right).all(), "all were made right hands"
    untold = open_split(f"folder:{tmp_path / 'data'}", settings(tmp_path / "cache", pixels=True), known_side=False)
    assert (_side(untold.train.joints_mm) == _side(joints[chosen])).all(), "left hands are left as they are"
    assert (_side(joints[chosen]) != right).sum() == 4


def _side(joints: np.ndarray) -> np.ndarray:
    """A sign that a mirror changes and a turn does not: which way the fingers bend from the palm."""
    edges = [joints[:, 5] - joints[:, 0], joints[:, 17] - joints[:, 0], joints[:, [8, 12, 16]].mean(1) - joints[:, 9]]
    return np.sign(np.linalg.det(np.stack(edges, 1)))


def test_msra_labels_are_lifted_on(tmp_path):
    joints = sample_poses(np.random.default_rng(5), 18).joints_m.astype(float)
    joints[:, :, 2] += 0.4 - joints[:, :, 2].mean(1, keepdims=True)
    camera = CAMERAS["msra"]
    theirs = joints[:, [0, *range(5, 21), *range(1, 5)]]
    u = theirs[..., 0] / theirs[..., 2] * camera.fx + camera.cx
    v = theirs[..., 1] / theirs[..., 2] * camera.fy + camera.cy
    rows = np.stack([u, v, theirs[..., 2] * 1000], -1).reshape(18, -1)
    path = tmp_path / "truth.txt.gz"
    path.write_bytes(gzip.compress("\n".join(" ".join(f"{x:.5f}" for x in row) for row in rows).encode()))
    split = open_split(f"msra:{path}", settings(tmp_path))
    assert (len(split.train), len(split.test)) == (16, 2)
    lengths = np.linalg.norm(np.diff(joints[16:, [0, 9, 10, 11, 12]], axis=1), axis=-1).sum(1) * 1000
    assert np.allclose(split.test.length_mm, lengths, rtol=1e-3)
    assert np.abs(keypoints_of(split.test)).mean() < 1.0


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("nonsense", "no data set 'nonsense' for experiments"),
        ("nyu:folder", "NYU labels other joints than the model's 21"),
        ("rhd:nowhere", "labels .* cannot be read"),
        ("features:nowhere", "holds no shards"),
        ("crops:", "Name the folder"),
    ],
)
def test_what_is_missing_is_told(tmp_path, data, words):
    with pytest.raises(HandcamError, match=words):
        open_split(data, settings(tmp_path))


def test_sights_need_no_pictures(tmp_path):
    with pytest.raises(HandcamError, match="no pictures"):
        open_split("features:nowhere", settings(tmp_path), known_side=False)
