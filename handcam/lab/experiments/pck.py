"""Figure 4: share of joints within a distance of the truth (PCK), from RGB."""

import numpy as np

from handcam.lab.evaluate.metrics import auc, mean_and_median, pck_curve
from handcam.lab.evaluate.results import Cell, Results, ResultTable, curve_panels
from handcam.lab.experiments import Setup
from handcam.lab.experiments._trainings import errors_by_seed, errors_mm, split_notes, tasks_of
from handcam.lab.train.pairs import VARIANTS, variant
from handcam.model.features import Features
from handcam.types import HandcamError

__all__ = ["TITLE", "run"]

TITLE = "PCK from RGB (Fig. 4)"
DATA = {"rgb": "rendered"}
THRESHOLDS_MM = np.arange(0.0, 81.0)


def run(setup: Setup) -> Results:
    """Curves of every variant, of the landmark network alone, and of saying the mean hand every time."""
    tasks = tasks_of(setup, DATA)
    if not tasks:
        raise HandcamError(
            "The experiment pck needs pictures; take rendered, crops:FOLDER, features:FOLDER or rhd:PATH."
        )
    curves: dict[str, dict[str, np.ndarray]] = {}
    rows: list[tuple[Cell, ...]] = []
    for name, split, x in tasks:
        methods: dict[str, list[np.ndarray]] = {}
        for number in VARIANTS:
            pairs = tuple(variant(number, x))
            if found := errors_by_seed(setup, split, x, pairs):
                methods[f"Var. {number}"] = found
        features = split.test.features_of(x) if x in split.test.features else None
        if isinstance(features, Features):
            methods["landmark network"] = [errors_mm(features.landmarks3d.double().numpy(), split)]
        mean = split.train.arrays["joints3d"].astype(float).mean(0)
        methods["mean hand"] = [errors_mm(np.broadcast_to(mean, (len(split.test), 21, 3)), split)]
        curves[name] = {m: pck_curve(np.stack(e), THRESHOLDS_MM) for m, e in methods.items()}
        for method, errors in methods.items():
            rows.append((
                f"{name}, {method}", *([mean_and_median(e)[k] for e in errors] for k in range(2)),
                [auc(e, 20.0, 50.0) for e in errors], [auc(e, 0.0, 50.0) for e in errors],
            ))  # fmt: skip
    head = ("", "mean", "median", "AUC 20 to 50", "AUC 0 to 50")
    notes = ("Errors in mm, T+S+H. AUC: area under the curve between two distances in mm, 0 to 1.",)

    xlabel, ylabel = "distance, mm", "share of joints within it (PCK)"
    draw = curve_panels(curves, THRESHOLDS_MM, xlabel, ylabel, ("landmark network", "mean hand"))
    data = {
        "thresholds_mm": THRESHOLDS_MM.tolist(),
        "pck": {n: {m: c.tolist() for m, c in k.items()} for n, k in curves.items()},
    }
    return Results(data, (ResultTable(head, rows),), (*notes, *split_notes(tasks)), draw)
