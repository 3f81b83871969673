"""Every experiment runs to its end on a handful of hands and steps, and says what it was made with."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typed import present

from handcam.lab.evaluate.results import cell_text
from handcam.lab.experiments import Setup, Size, save
from handcam.lab.experiments._trainings import errors_mm, fit, predict
from handcam.plugins import load, names
from handcam.types import HandcamError

TINY = Size(60, 10, 12, 2, 8, 16, 1, 4, 64, 4)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all: rendered hands are looked at once."""
    return tmp_path_factory.mktemp("experiments")


def setup(place: Path, **changes) -> Setup:
    given = {"out": place, "command": "handcam experiment x --out y", "size": TINY, "latent": 4, "progress": False}
    return Setup(**(given | changes), accelerator="cpu")


PAPER = [
    name for name in names("handcam.lab.experiments") if not hasattr(load("handcam.lab.experiments", name), "measure")
]


@pytest.mark.parametrize("name", PAPER)
def test_it_runs_and_is_written_down(name: str, place: Path):
    experiment = load("handcam.lab.experiments", name)
    chosen = setup(place, repeats=2 if name == "variants" else 1)
    results = experiment.run(chosen)
    (table,) = results.tables
    assert all(len(row) == len(table.head) for row in table.rows)
    numbers = [value for row in table.rows for cell in row if not isinstance(cell, str) for value in cell]
    assert len(numbers) >= 4
    assert np.isfinite(numbers).all()
    paths = save(name, experiment.TITLE, results, chosen)
    text = (place / f"{name}.md").read_text("utf-8")
    assert chosen.command in text
    assert "seed 0" in text
    assert text.count("\n|") == len(table.rows) + 2
    figures = json.loads((place / f"{name}.json").read_text("utf-8"))
    assert figures["command"] == chosen.command
    assert figures["size"]["steps"] == 2
    assert len(figures["rows"]) == len(table.rows)
    assert any("seed" in note for note in figures["notes"]), "the split is told"
    if results.draw is not None:
        assert paths[-1].suffix == ".png"
        picture = present(cv2.imread(str(paths[-1])))
        assert min(picture.shape[:2]) > 300
        assert picture.std() > 5


def test_variants_have_a_row_each_and_the_papers_columns(place: Path):
    (report,) = load("handcam.lab.experiments", "variants").run(setup(place, repeats=2)).tables
    assert [row[0] for row in report.rows] == ["Var. 1", "Var. 2", "Var. 3", "Var. 4"]
    assert report.head[1:3] == ("2D>3D poses, mean", "RGB>3D rendered, mean")
    assert all(len(cell) == 2 for row in report.rows for cell in row[1:]), "one number a repeat"


def test_pcf_draws_published_files_and_gives_their_numbers(place: Path, shared_data: Path):
    published = shared_data / "published"
    chosen = setup(place, data=(f"nyu:{published / 'nyu'}", f"icvl:{published / 'icvl'}"))
    (report,) = load("handcam.lab.experiments", "pcf").run(chosen).tables
    means = {str(row[0]): row[1][0] for row in report.rows}
    assert means["NYU, ICCVW17_NYU_DeepPrior++"] == pytest.approx(12.238, abs=1e-3)
    assert means["ICVL, JVCI18_ICVL_REN_9x6x6"] == pytest.approx(7.296, abs=1e-3)


def test_pixels_are_looked_at_by_the_papers_net(place: Path):
    chosen = setup(place, pixels=True)
    split = chosen.split("rendered")
    model = fit(chosen, split, ("rgb>joints3d", "rgb>rgb"), seed=0)
    assert type(model.encoders["rgb"]).__name__ == "ResNet18"
    assert predict(model, "rgb", split.test).shape == (12, 21, 3)


def test_pcf_reads_depth_pictures_by_the_papers_net(place: Path):
    chosen = setup(place, pixels=True)
    split = chosen.split("rendered")
    assert split.test.arrays["depth"].shape == (12, 64, 64)
    assert 0.05 < np.isfinite(split.test.arrays["depth"]).mean() < 1.0
    (table,) = load("handcam.lab.experiments", "pcf").run(chosen).tables
    assert [row[0] for row in table.rows] == [f"Depth>3D rendered, Var. {n}" for n in (1, 2)]
    assert type(fit(chosen, split, ("depth>joints3d",), seed=0).encoders["depth"]).__name__ == "ResNet18"


def test_a_training_is_done_once(place: Path, monkeypatch: pytest.MonkeyPatch):
    chosen = setup(place)
    split = chosen.split("poses")
    first = predict(fit(chosen, split, ("keypoints2d>joints3d",), 5), "keypoints2d", split.test)
    monkeypatch.setattr("handcam.lab.train.pairs.Objective.forward", lambda *_: pytest.fail("trained again"))
    assert np.array_equal(first, predict(fit(chosen, split, ("keypoints2d>joints3d",), 5), "keypoints2d", split.test))


def test_errors_know_the_true_hand(place: Path):
    split = setup(place).split("poses")
    true = split.test.arrays["joints3d"].astype(float)
    assert errors_mm(true, split).max() < 1e-3
    assert errors_mm(true * 1.1, split).mean() > 3.0, "S: the true hand length is told, and the rest of the size is not"
    assert errors_mm(true + 0.3, split).max() < 1e-3, "T: where the hand is does not count"
    untold = errors_mm(true, split, scale=False)
    expected = np.abs(split.train.length_mm.mean() / split.test.length_mm - 1)
    assert np.corrcoef(untold.mean(1), expected * split.test.length_mm)[0, 1] > 0.8


def test_semi_supervised_variants_take_as_many_updates(place: Path, monkeypatch: pytest.MonkeyPatch):
    experiment, updates = load("handcam.lab.experiments", "semisupervised"), set()

    def counted(setup, split, x, pairs, **changes):
        updates.add(changes["steps"] * len(pairs))
        return [np.ones((2, 21))]

    monkeypatch.setattr(experiment, "errors_by_seed", counted)
    experiment.run(setup(place))
    assert len(updates) == 1


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("pck", {"data": ("poses",)}, "needs pictures"),
        ("pcf", {"data": ("poses",)}, "no depth pictures"),
        ("pcf", {"data": ("nyu:nowhere",)}, "NYU labels other joints"),
    ],
)
def test_what_the_data_lacks_is_told(place: Path, name: str, changes: dict, message: str):
    with pytest.raises(HandcamError, match=message):
        load("handcam.lab.experiments", name).run(setup(place, **changes))


def test_cells():
    assert cell_text("Var. 1") == "Var. 1"
    assert cell_text([]) == "–"
    assert cell_text([12.345]) == "12.3"
    assert cell_text([0.5123]) == "0.51"
    assert cell_text([10.0, 12.0]) == "11.0 ± 1.4"


def test_the_command(place: Path, capsys: pytest.CaptureFixture[str]):
    from handcam.cli import main

    arguments = [
        "experiment",
        "variants",
        "--data",
        "poses",
        "--steps",
        "3",
        "--share",
        "0.003",
        "--out",
        str(place / "c"),
    ]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "Var. 4" in printed
    text = (place / "c" / "variants.md").read_text("utf-8")
    assert f"`handcam experiment variants --data poses --steps 3 --share 0.003 --out {place / 'c'}`" in text
    assert main(["experiment", "nonsense", "--out", str(place)]) == 2
    assert main(["experiment", "variants", "--share", "0", "--out", str(place)]) == 2
