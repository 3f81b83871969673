"""Tables 2 and 6: what the model loses when scale (S) and side (H) are unknown; joints are always relative (T)."""

import numpy as np

from handcam.lab.evaluate.results import Results
from handcam.lab.experiments import Setup
from handcam.lab.experiments._trainings import (
    errors_by_seed,
    errors_mm,
    mean_median_table,
    split_notes,
    tasks_of,
    trainable,
)
from handcam.lab.train.pairs import variant
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
    both_sides = {data.partition(":")[0]: _both_sides(setup, data) for data in setup.data or DATA.values()}
    kinds = {"T+S+H": (True, True), "T+S": (True, False), "T+H": (False, True), "T": (False, False)}
    rows: dict[str, list[list[np.ndarray]]] = {"landmark network (T+S+H)": []}
    rows |= {f"Ours ({name})": [] for name in kinds}
    for _, split, x in tasks:
        features = split.test.features_of(x) if x in split.test.features else None
        landmarks = features.landmarks3d.double().numpy() if isinstance(features, Features) else None
        rows["landmark network (T+S+H)"].append([] if landmarks is None else [errors_mm(landmarks, split)])
        for name, (scale, side) in kinds.items():
            part = split if side else both_sides[split.name]
            pairs = tuple(variant(BEST[x], x))
            pairs = pairs if part is None or trainable(pairs, part.train) else tuple(variant(1, x))
            rows[f"Ours ({name})"].append([] if part is None else errors_by_seed(setup, part, x, pairs, scale))
    notes = (
        "End-point error in mm relative to the palm. 2D>3D: Var. 3, RGB>3D: Var. 1, the best of the paper's Table 1.",
        "S: the prediction is brought to the true size; without it every hand has the mean length of those trained on.",
        "H: left hands are mirrored since the side is known; without it both sides are in the data as they are.",
    )
    return Results({}, (mean_median_table(tasks, rows),), (*notes, *split_notes(tasks)))


def _both_sides(setup: Setup, data: str):
    """The data set with its left hands as they are; None where it cannot say them."""
    try:
        return setup.split(data, known_side=False)
    except HandcamError:
        if data.startswith("features"):
            return None
        raise
