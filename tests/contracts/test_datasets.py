"""Every labelled data set, read from a small tree in its published format that is written here."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat
from typed import present

from handcam.geometry import project
from handcam.hand.conventions import from_order
from handcam.hand.skeleton import INDEX
from handcam.lab.data import sets as datasets
from handcam.lab.data.sets import Dataset, Sample, folder, label_box, open_dataset, rhd, stb, tight_box
from handcam.plugins import load, names
from handcam.types import Frame, HandcamError, Intrinsics, Side

CAMERA = Intrinsics(300.0, 310.0, 100.0, 90.0, 200, 180)


def hand(seed: int, depth_m: float = 0.6) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.04, (21, 3)) + np.array([0.0, 0.0, depth_m])


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)


def picture(width: int = 200, height: int = 180, red: int = 200) -> np.ndarray:
    """BGR, reddish, so a swapped channel shows."""
    return np.full((height, width, 3), (10, 20, red), np.uint8)


def make_folder(root: Path) -> list[np.ndarray]:
    hands = [hand(0), hand(1)]
    samples = [
        Sample(
            Frame(i, 0, CAMERA, cv2.cvtColor(picture(), cv2.COLOR_BGR2RGB), np.full((180, 200), 600, np.uint16)),
            f"hand {i}", Side.LEFT if i else Side.RIGHT, joints, project(joints, CAMERA),
        )
        for i, joints in enumerate(hands)
    ]  # fmt: skip
    folder.write(root, samples)
    return hands


def make_freihand(root: Path) -> list[np.ndarray]:
    hands = [hand(2), hand(3)]
    for i in range(2):
        save(root / "evaluation" / "rgb" / f"{i:08d}.jpg", picture(224, 224))
    k = [[480.0, 0.0, 112.0], [0.0, 480.0, 112.0], [0.0, 0.0, 1.0]]
    (root / "evaluation_K.json").write_text(json.dumps([k, k]))
    (root / "evaluation_xyz.json").write_text(json.dumps([h.tolist() for h in hands]))
    return hands


def make_rhd(root: Path) -> list[np.ndarray]:
    entries, expected = {}, []
    theirs = np.argsort(from_order(np.arange(21.0)[:, None], "rhd")[:, 0])  # our joint at each place of RHD's order
    for i in range(2):
        left, right = hand(10 + i), hand(20 + i)
        xyz = np.concatenate([left[theirs], right[theirs]])
        uv = project(xyz, CAMERA)
        k = CAMERA.matrix
        entries[i] = {"uv_vis": np.concatenate([uv, np.ones((42, 1))], 1), "xyz": xyz, "K": k}
        save(root / "evaluation" / "color" / f"{i:05d}.png", picture())
        depth = np.zeros((180, 200, 3), np.uint8)
        depth[..., 2], depth[..., 1] = 30, 181  # red is the high byte
        depth[0] = 255
        save(root / "evaluation" / "depth" / f"{i:05d}.png", depth)
        mask = np.zeros((180, 200), np.uint8)
        mask[:60], mask[100:] = 5, 20  # the right hand is the larger
        save(root / "evaluation" / "mask" / f"{i:05d}.png", mask)
        expected.append(right)
    (root / "evaluation" / "anno_evaluation.pickle").write_bytes(pickle.dumps(entries, protocol=2))
    return expected


def make_stb(root: Path) -> list[np.ndarray]:
    """Two frames of two sequences, both eyes; the labels are those of the left eye."""
    expected = []
    for sequence in stb.EVALUATION:
        hands = [hand(30), hand(31)]
        for h in hands:  # a wrist as the reader recovers it
            palm = (h[0] + h[INDEX["middle_mcp"]]) / 2
            h[0] = 2 * palm - h[INDEX["ring_mcp"]]
        labels = np.stack([np.concatenate([[(h[0] + h[INDEX["ring_mcp"]]) / 2], h[stb._ORDER[1:]]]) for h in hands])
        (root / "labels").mkdir(parents=True, exist_ok=True)
        savemat(root / "labels" / f"{sequence}_BB.mat", {"handPara": labels.transpose(2, 1, 0) * 1000.0})
        for eye, shift in (("left", 0.0), ("right", 0.120054)):
            for i, h in enumerate(hands):
                save(root / "images" / sequence / f"BB_{eye}_{i}.png", picture(640, 480))
                expected.append(h - np.array([shift, 0.0, 0.0]))
    return expected


MAKERS: dict[str, Callable[[Path], list[np.ndarray]]] = {
    "folder": make_folder, "freihand": make_freihand, "rhd": make_rhd, "stb": make_stb,
}  # fmt: skip
SIDES = {"folder": None, "freihand": Side.RIGHT, "rhd": Side.RIGHT, "stb": Side.LEFT}


@pytest.mark.parametrize("name", names("handcam.lab.data.sets"))
def test_every_plug_in_opens(name: str) -> None:
    assert callable(load("handcam.lab.data.sets", name).open)


@pytest.mark.parametrize("name", list(MAKERS))
def test_labelled_data_sets(name: str, tmp_path: Path) -> None:
    expected = MAKERS[name](tmp_path)
    dataset = open_dataset(f"{name}:{tmp_path}")
    assert isinstance(dataset, Dataset)
    samples = list(dataset)
    assert len(samples) == len(dataset) == len(expected)
    with pytest.raises(IndexError):
        dataset[len(dataset)]
    for index, (sample, joints) in enumerate(zip(samples, expected, strict=True)):
        assert sample.joints_m is not None
        assert sample.keypoints_px is not None
        np.testing.assert_allclose(sample.joints_m, joints, atol=1e-6)
        np.testing.assert_allclose(sample.keypoints_px, project(joints, sample.frame.intrinsics), atol=1e-3)
        color = sample.frame.color
        assert color is not None
        assert color[20, 20, 0] > 150 > color[20, 20, 2]  # RGB
        assert color.shape == (sample.frame.intrinsics.height, sample.frame.intrinsics.width, 3)
        assert sample.frame.index == index
        if SIDES[name] is not None:
            assert sample.side is SIDES[name]
        box = label_box(sample)
        assert box is not None
        assert box.side is sample.side
        assert dataset[index].name == sample.name


@pytest.mark.parametrize("name", list(MAKERS))
def test_missing_files_end_in_one_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(HandcamError, match=str(tmp_path)):
        open_dataset(f"{name}:{tmp_path}")
    MAKERS[name](tmp_path)
    for file in [*tmp_path.rglob("*.png"), *tmp_path.rglob("*.jpg")]:
        file.write_bytes(b"")
    with pytest.raises(HandcamError, match="cannot be read"):
        list(open_dataset(f"{name}:{tmp_path}"))


def test_unknown_data_sets_and_settings() -> None:
    with pytest.raises(HandcamError, match=r"Unknown data set 'nothing:x'; use one of .*folder:"):
        open_dataset("nothing:x")
    with pytest.raises(HandcamError, match="has no setting 'split'"):
        open_dataset("folder:x", split="training")


def test_folder_keeps_sides_depth_and_missing_labels(tmp_path: Path) -> None:
    make_folder(tmp_path)
    right, left = open_dataset(f"folder:{tmp_path}")
    assert (right.side, left.side) == (Side.RIGHT, Side.LEFT)
    assert right.frame.depth is not None
    assert right.frame.depth[0, 0] * right.frame.depth_unit_m == pytest.approx(0.6)
    bare = {"image": "images/000000.png", "box": [10, 20, 30, 60], "side": "left", "joints_mm": None}
    (tmp_path / "labels.jsonl").write_text(json.dumps(bare) + "\n\n")
    (sample,) = open_dataset(f"folder:{tmp_path}")
    assert sample.joints_m is None
    assert sample.picture_joints_px is None
    assert sample.frame.intrinsics.assumed
    box = label_box(sample)
    assert box is not None
    assert box.side is Side.LEFT
    np.testing.assert_allclose(box.centre_px, [24.5, 49.5])
    assert box.size_px > 60
    samples = [Sample(sample.frame, "again", Side.LEFT, box=tight_box(5.0, 6.0, 40.0, 40.0, Side.LEFT))]
    folder.write(tmp_path / "again", samples)
    (again,) = open_dataset(f"folder:{tmp_path / 'again'}")
    assert again.box is not None
    np.testing.assert_allclose([*again.box.centre_px, again.box.size_px], [24.5, 25.5, 56.0])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 1 is not JSON"),
        ("[]", "line 1 is not an object"),
        ('{"image": 3}', "line 1 is not an object"),
        ('{"image": "images/000000.png", "side": "both"}', "line 1 .* 'both' is not a valid Side"),
        ('{"image": "images/000000.png", "joints_mm": [[1, 2, 3]]}', "joints_mm must be 21 x 3 finite numbers"),
        ('{"image": "images/000000.png", "keypoints_px": "no"}', "line 1 .*could not convert"),
        ('{"image": "images/000000.png", "depth": "images/000000.png"}', "depth must be 16-bit"),
        ('{"image": "gone.png"}', "There is no picture"),
    ],
)
def test_bad_folder_labels(tmp_path: Path, line: str, says: str) -> None:
    make_folder(tmp_path)
    (tmp_path / "labels.jsonl").write_text(line + "\n")
    with pytest.raises(HandcamError, match=says):
        list(open_dataset(f"folder:{tmp_path}"))


def test_freihand_training_pictures_share_labels(tmp_path: Path) -> None:
    hands = make_freihand(tmp_path)
    for i in range(4):
        save(tmp_path / "training" / "rgb" / f"{i:08d}.jpg", picture(224, 224))
    for kind in ("K", "xyz"):
        (tmp_path / f"training_{kind}.json").write_text((tmp_path / f"evaluation_{kind}.json").read_text())
    dataset = open_dataset(f"freihand:{tmp_path}", split="training")
    assert len(dataset) == 4
    joints = dataset[3].joints_m
    assert joints is not None
    np.testing.assert_allclose(joints, hands[1])
    save(tmp_path / "training" / "rgb" / "00000004.jpg", picture(224, 224))
    with pytest.raises(HandcamError, match="do not belong together"):
        open_dataset(f"freihand:{tmp_path}", split="training")


def test_rhd_hands_depth_and_visibility(tmp_path: Path) -> None:
    make_rhd(tmp_path)
    both = open_dataset(f"rhd:{tmp_path}", hands="both")
    assert [s.side for s in both] == [Side.LEFT, Side.RIGHT] * 2
    joints = both[0].joints_m
    assert joints is not None
    np.testing.assert_allclose(joints, hand(10))
    depth = both[0].frame.depth
    assert depth is not None
    assert depth[5, 5] * both[0].frame.depth_unit_m == pytest.approx((30 * 256 + 181) / 65535 * 5.0)
    assert depth[0, 0] == 0
    for file in (tmp_path / "evaluation" / "mask").iterdir():
        file.unlink()
    labels = tmp_path / "evaluation" / "anno_evaluation.pickle"
    entries = pickle.loads(labels.read_bytes())
    entries[0]["uv_vis"][21:, 2] = 0.0  # the right hand is hidden
    labels.write_bytes(pickle.dumps(entries))
    assert open_dataset(f"rhd:{tmp_path}")[0].side is Side.LEFT
    assert len(open_dataset(f"rhd:{tmp_path}", hands="both")) == 3


def test_rhd_order_is_tip_first() -> None:
    theirs = np.arange(21.0)[:, None].repeat(2, 1)
    ours = from_order(theirs, "rhd")
    assert ours[INDEX["wrist"], 0] == 0
    assert (ours[INDEX["thumb_tip"], 0], ours[INDEX["thumb_cmc"], 0]) == (1, 4)
    assert (ours[INDEX["little_tip"], 0], ours[INDEX["little_mcp"], 0]) == (17, 20)


class Evil:
    def __reduce__(self) -> tuple:
        return (print, ("this ran",))


def test_rhd_labels_cannot_run_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "anno_evaluation.pickle").write_bytes(pickle.dumps({0: Evil()}))
    with pytest.raises(HandcamError, match="which is no array of numbers"):
        rhd.open(str(tmp_path))
    assert capsys.readouterr().out == ""


def test_stb_palm_wrist_and_cameras(tmp_path: Path) -> None:
    make_stb(tmp_path)
    left, right = (
        stb.open(str(tmp_path), ["B1Random"], ["left"])[0],
        stb.open(str(tmp_path), ["B1Random"], ["right"])[0],
    )
    assert left.joints_m is not None
    assert right.keypoints_px is not None
    assert left.keypoints_px is not None
    np.testing.assert_allclose(
        present(left.palm_m), (left.joints_m[0] + left.joints_m[INDEX["ring_mcp"]]) / 2, atol=1e-6
    )
    disparity = (left.keypoints_px - right.keypoints_px)[:, 0]
    np.testing.assert_allclose(disparity, 822.79041 * 0.120054 / left.joints_m[:, 2])
    with pytest.raises(HandcamError, match="no camera 'middle'"):
        stb.open(str(tmp_path), cameras=["middle"])


def test_stb_colour_camera_undoes_the_published_transform() -> None:
    color = hand(5)
    depth = color @ stb._DEPTH_FROM_COLOR.T + stb._DEPTH_FROM_COLOR_M
    np.testing.assert_allclose(stb.camera_frame(depth, "color"), color, atol=1e-12)


def test_training_streams_are_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    class Module:
        @staticmethod
        def open(rest: str) -> object:
            return object()

    monkeypatch.setattr(datasets, "load", lambda *_: Module)
    with pytest.raises(HandcamError, match="for training only"):
        open_dataset("folder:x")
