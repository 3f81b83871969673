"""Tables 2 and 6: what the model loses when scale (S) and side (H) are unknown; joints are always relative (T)."""

from handcam.lab.evaluate.metrics import mean_and_median
from handcam.lab.evaluate.results import Cell, Results, ResultTable
from handcam.lab.experiments import Setup
from handcam.lab.train.pairs import variant
from handcam.lab.train.run_small import errors_mm, fit, predict, tasks_of, trainable
from handcam.model.features import Features
from handcam.types import HandcamError

__all__ = ["TITLE", "run"]

TITLE = "Invariances (Tables 2 and 6)"
DATA = {"keypoints2d": "poses", "rgb": "rendered"}
BEST = {"keypoints2d": 3, "rgb": 1}
"""The variant that the paper takes for each input (section 4.5)."""


def run(setup: Setup) -> Results:
    """Mean and median error with and without S and H, beside the landmark network's alone."""
    tasks = tasks_of(setup, DATA)
    untold = {data.partition(":")[0]: _both_sides(setup, data) for data in setup.data or DATA.values()}
    labels = [("T+S+H", True, True), ("T+S", True, False), ("T+H", False, True), ("T", False, False)]
    rows: dict[str, list[Cell]] = {"landmark network (T+S+H)": []} | {f"Ours ({name})": [] for name, _, _ in labels}
    medians: dict[str, list[Cell]] = {name: [] for name in rows}
    for _, split, x in tasks:
        features = split.test.features_of(x) if x in split.test.features else None
        found = []
        if isinstance(features, Features):
            found.append(mean_and_median(errors_mm(features.landmarks3d.double().numpy(), split)))
        _add(rows, medians, "landmark network (T+S+H)", found)
        for name, scale, side in labels:
            part = split if side else untold[split.name]
            pairs = tuple(variant(BEST[x], x))
            found = []
            if part is not None:
                pairs = pairs if trainable(pairs, part.train) else tuple(variant(1, x))
                for seed in setup.seeds:
                    predicted = predict(fit(setup, part, pairs, seed), x, part.test)
                    found.append(mean_and_median(errors_mm(predicted, part, scale)))
            _add(rows, medians, f"Ours ({name})", found)
    names = [name for name, _, _ in tasks]
    head = ("", *(f"{name}, mean" for name in names), *(f"{name}, median" for name in names))
    notes = (
        "End-point error in mm relative to the palm. 2D>3D: Var. 3, RGB>3D: Var. 1, the best of the paper's Table 1.",
        "S: the prediction is brought to the true size; without it every hand has the mean length of those trained on.",
        "H: left hands are mirrored since the side is known; without it both sides are in the data as they are.",
        *(split.says for split in {id(s): s for _, s, _ in tasks}.values()),
    )
    return Results(
        {}, (ResultTable(head, [(name, *rows[name], *medians[name]) for name in rows if any(rows[name])]),), notes
    )


def _both_sides(setup: Setup, data: str):
    """The data set with its left hands as they are; None where it cannot say them."""
    try:
        return setup.split(data, told=False)
    except HandcamError:
        if data.startswith("features"):
            return None
        raise


def _add(rows: dict[str, list[Cell]], medians: dict[str, list[Cell]], name: str, found: list) -> None:
    rows[name].append([mean for mean, _ in found])
    medians[name].append([median for _, median in found])
