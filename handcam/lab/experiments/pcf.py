"""Figure 5: share of frames whose worst joint is within a distance of the truth (PCF), from depth.

``nyu:FOLDER``, ``icvl:FOLDER`` and ``msra:FOLDER`` hold files of predictions in the community's text format, and one
with ``groundtruth`` in its name; their curves are drawn beside our own.
"""

from pathlib import Path

import numpy as np

from handcam.lab.evaluate.metrics import pcf_curve
from handcam.lab.evaluate.published import CAMERAS, THRESHOLDS_MM, compare
from handcam.lab.evaluate.results import Cell, Results, ResultTable, curve_panels
from handcam.lab.experiments import Setup
from handcam.lab.experiments._trainings import errors_by_seed
from handcam.lab.train.pairs import variant
from handcam.types import HandcamError

__all__ = ["TITLE", "run"]

TITLE = "PCF from depth (Fig. 5)"
DATA = ("rendered",)
NUMBERS = (1, 2)
"""Variants 3 and 4 would decode depth maps, which are not kept with the features."""


def run(setup: Setup) -> Results:
    """Curves of our models on data sets with depth pictures, and of published predictions on the others."""
    panels: dict[str, dict[str, np.ndarray]] = {}
    rows: list[tuple[Cell, ...]] = []
    notes = ["Errors in mm. Ours: T+S, from depth crops. Published: nothing aligned."]
    for data in setup.data or DATA:
        name, _, rest = data.partition(":")
        if name in CAMERAS and Path(rest).is_dir():
            scores = _published(name, Path(rest)).figures
            panels[name.upper()] = {m: np.array(s["pcf"]) for m, s in scores["methods"].items()}
            for method, s in scores["methods"].items():
                within = [[s["pcf"][i]] for i in (20, 40)]
                rows.append((f"{name.upper()}, {method}", [s["mean_mm"]], [s["median_mm"]], *within))
            notes.append(f"{name}: {scores['frames']} frames, {len(scores['joints'])} joints, {rest}")
            continue
        split = setup.split(data)
        if "depth" not in split.train.modalities:
            raise HandcamError(f"{data} has no depth pictures; take rendered, features:FOLDER or nyu:FOLDER.")
        panels[split.name] = {}
        for number in NUMBERS:
            errors = errors_by_seed(setup, split, "depth", tuple(variant(number, "depth")))
            panels[split.name][f"Var. {number}"] = pcf_curve(np.concatenate(errors), THRESHOLDS_MM)
            within = [[float((e.max(-1) <= limit).mean()) for e in errors] for limit in (20, 40)]
            means = [[float(k(e)) for e in errors] for k in (np.mean, np.median)]
            rows.append((f"Depth>3D {split.name}, Var. {number}", *means, *within))
        notes.append(split.description)
    head = ("", "mean", "median", "frames within 20 mm", "within 40 mm")

    xlabel, ylabel = "largest joint error in a frame, mm", "share of frames (PCF)"
    draw = curve_panels(panels, THRESHOLDS_MM, xlabel, ylabel)
    curves = {name: {m: c.tolist() for m, c in lines.items()} for name, lines in panels.items()}
    return Results(
        {"thresholds_mm": THRESHOLDS_MM.tolist(), "pcf": curves}, (ResultTable(head, rows),), tuple(notes), draw
    )


def _published(name: str, folder: Path) -> Results:
    """Score all files of predictions in a folder."""
    files = sorted(p for p in folder.iterdir() if p.name.endswith((".txt", ".txt.gz")))
    truth = [p for p in files if "groundtruth" in p.name.lower()]
    if len(truth) != 1 or len(files) < 2:
        raise HandcamError(
            f"{folder} needs one text file with groundtruth in its name, and at least one of predictions."
        )
    return compare(name, truth[0], [p for p in files if p not in truth])
