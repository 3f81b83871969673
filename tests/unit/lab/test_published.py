"""The community's label files and their published figures."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from handcam.lab.evaluate import published
from handcam.lab.evaluate.results import save_figure
from handcam.types import HandcamError

SHARED = Path(__file__).parents[3] / ".." / "shared" / "data" / "published"


def write(path: Path, uvd: np.ndarray) -> Path:
    np.savetxt(path, uvd.reshape(len(uvd), -1), fmt="%.3f")
    return path


def uvd_frames(dataset: str, n: int = 4) -> np.ndarray:
    joints = len(published.CAMERAS[dataset].joints)
    return np.random.default_rng(0).uniform([10, 10, 400], [300, 230, 900], (n, joints, 3)).round(3)


@pytest.mark.parametrize(
    ("dataset", "file", "mean_mm"),
    [
        ("nyu", "ICCVW17_NYU_DeepPrior++", 12.238),
        ("nyu", "CVPR18_NYU_V2V_PoseNet", 8.419),
        ("icvl", "JVCI18_ICVL_REN_9x6x6", 7.296),
    ],
)
def test_published_figures(dataset: str, file: str, mean_mm: float) -> None:
    folder = SHARED / dataset
    if not folder.is_dir():
        pytest.skip("the published predictions are not here")
    truth = folder / f"{dataset}_test_groundtruth_label.txt.gz"
    score = published.compare(dataset, truth, [folder / f"{file}.txt.gz"]).figures["methods"][file]
    assert score["mean_mm"] == pytest.approx(mean_mm, abs=5e-4)
    assert np.mean(list(score["per_joint_mm"].values())) == pytest.approx(score["mean_mm"])


@pytest.mark.parametrize("dataset", list(published.CAMERAS))
def test_a_known_shift_along_the_ray_and_in_the_picture(tmp_path: Path, dataset: str) -> None:
    camera = published.CAMERAS[dataset]
    true = uvd_frames(dataset)
    sideways = true + np.array([1.0, 0.0, 0.0])
    (tmp_path / "method.txt.gz").write_bytes(gzip.compress(write(tmp_path / "a.txt", sideways).read_bytes()))
    scores = published.compare(dataset, write(tmp_path / "truth.txt", true), [tmp_path / "method.txt.gz"]).figures
    score = scores["methods"]["method"]
    assert score["mean_mm"] == pytest.approx((true[..., 2] / camera.fx).mean(), rel=1e-4)
    assert score["pcf"][0] == 0.0
    assert score["pcf"][-1] == 1.0
    assert list(score["per_joint_mm"]) == list(camera.joints)


def test_nyu_files_with_all_36_joints_are_cut_down(tmp_path: Path) -> None:
    everything = np.random.default_rng(1).uniform(100, 300, (3, 36, 3)).round(3)
    some = everything[:, [0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32]]
    truth, method = write(tmp_path / "truth.txt", everything), write(tmp_path / "m.txt", some)
    assert published.compare("nyu", truth, [method]).figures["methods"]["m"]["mean_mm"] == 0.0


def test_methods_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    truth = write(tmp_path / "truth.txt", uvd_frames("icvl"))
    files = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        files.append(write(tmp_path / folder / "m.txt", uvd_frames("icvl")))
    assert list(published.compare("icvl", truth, files).figures["methods"]) == ["m", "b/m"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 2 3\n4 5 6\n", "where ICVL has 48"),
        ("", "is empty"),
        ("1 2 x\n", "not one line of numbers"),
        ("1 2\n3\n", "not one line of numbers"),
        (" ".join(["nan"] * 48) + "\n", "not finite, first in frame 0"),
        (" ".join(["1"] * 48) + "\n", "has 1 frames where the truth"),
    ],
)
def test_bad_files_end_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    truth = write(tmp_path / "truth.txt", uvd_frames("icvl"))
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(HandcamError, match=says):
        published.compare("icvl", truth, [tmp_path / "bad.txt"])


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(HandcamError, match="cannot be read"):
        published.read_uvd(tmp_path / "none.txt", "msra")
    (tmp_path / "cut.txt.gz").write_bytes(gzip.compress(b"1 2 3\n" * 999)[:-20])
    with pytest.raises(HandcamError, match="cannot be read"):
        published.read_uvd(tmp_path / "cut.txt.gz", "msra")
    with pytest.raises(HandcamError, match="at least one file"):
        published.compare("msra", tmp_path / "none.txt", [])


def test_the_plot_is_a_picture(tmp_path: Path) -> None:
    truth = write(tmp_path / "truth.txt", uvd_frames("msra"))
    near = write(tmp_path / "near.txt", uvd_frames("msra") + np.array([0.0, 0.0, 5.0]))
    save_figure(published.compare("msra", truth, [near]), tmp_path / "deep" / "plot.png")
    assert (tmp_path / "deep" / "plot.png").read_bytes()[:4] == b"\x89PNG"
