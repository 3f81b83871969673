"""Tables 1 and 5: the paper's four variants of what is trained beside ``x>joints3d``."""

from handcam.lab.evaluate.metrics import mean_and_median
from handcam.lab.evaluate.results import Cell, Results, ResultTable
from handcam.lab.experiments import Setup
from handcam.lab.train.pairs import VARIANTS, variant
from handcam.lab.train.run_small import errors_mm, fit, predict, tasks_of, trainable

__all__ = ["TITLE", "run"]

TITLE = "Variants 1 to 4 (Tables 1 and 5)"
DATA = {"keypoints2d": "poses", "rgb": "rendered"}


def run(setup: Setup) -> Results:
    """Mean and median error of every variant, for every input that the data sets have."""
    tasks = tasks_of(setup, DATA)
    means: dict[int, list[Cell]] = {number: [] for number in VARIANTS}
    medians: dict[int, list[Cell]] = {number: [] for number in VARIANTS}
    for _, split, x in tasks:
        for number in VARIANTS:
            pairs = tuple(variant(number, x))
            found: list[tuple[float, float]] = []
            if trainable(pairs, split.train):
                for seed in setup.seeds:
                    model = fit(setup, split, pairs, seed)
                    found.append(mean_and_median(errors_mm(predict(model, x, split.test), split)))
            means[number].append([mean for mean, _ in found])
            medians[number].append([median for _, median in found])
    names = [name for name, _, _ in tasks]
    head = ("", *(f"{name}, mean" for name in names), *(f"{name}, median" for name in names))
    rows: list[tuple[Cell, ...]] = [(f"Var. {n}", *means[n], *medians[n]) for n in VARIANTS]
    notes = (
        "End-point error in mm, invariances T+S+H: relative to the palm, true size and side known.",
        "Var. 1: x>3D. Var. 2: and 3D>3D. Var. 3: x>3D and x>x. Var. 4: all three.",
        *(split.says for split in {id(s): s for _, s, _ in tasks}.values()),
    )
    return Results({}, (ResultTable(head, rows),), notes)
