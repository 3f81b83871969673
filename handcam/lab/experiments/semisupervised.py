"""Figure 3: the share of labelled hands against the error, supervised (variant 1) and semi-supervised (variant 3)."""

import numpy as np

from handcam.lab.evaluate.results import INKS, Cell, Results, ResultTable, grid_only, panels
from handcam.lab.experiments import Setup
from handcam.lab.experiments._trainings import errors_by_seed, split_notes, tasks_of, trainable
from handcam.lab.train.pairs import variant

__all__ = ["SHARES", "TITLE", "run"]

TITLE = "Semi-supervised learning (Fig. 3)"
DATA = {"keypoints2d": "poses", "rgb": "rendered"}
SHARES = (0.02, 0.05, 0.1, 0.3, 1.0)
"""Labelled parts; the hands of a smaller one are among those of a larger one."""
_NAMES = {1: "Var. 1, labelled hands alone", 3: "Var. 3, all hands"}


def run(setup: Setup) -> Results:
    """Median error of both variants for every share and every input that can be decoded as well."""
    tasks = [task for task in tasks_of(setup, DATA) if trainable(tuple(variant(3, task[2])), task[1].train)]
    curves = {
        name: {
            number: [
                [
                    float(np.median(e))
                    for e in errors_by_seed(
                        setup, split, x, tuple(variant(number, x)), label_share=share, steps=_rounds(setup, number, x)
                    )
                ]
                for share in SHARES
            ]
            for number in _NAMES
        }
        for name, split, x in tasks
    }
    head = ("labelled", *(f"{name}, Var. {number}" for name in curves for number in _NAMES))
    rows: list[tuple[Cell, ...]] = [
        (f"{share:.0%}", *(curves[name][number][i] for name in curves for number in _NAMES))
        for i, share in enumerate(SHARES)
    ]
    note = (
        "Median end-point error in mm, T+S+H. Var. 1: x>3D on the labelled hands. Var. 3: and x>x on all of them. Both "
        "take the same number of updates: a round makes one of each pair, so Var. 1 goes through more rounds."
    )

    def draw(figure) -> None:
        for axes, name, lines in panels(figure, curves):
            for number, label in _NAMES.items():
                values = np.array(lines[number])
                axes.errorbar(
                    np.array(SHARES) * 100, values.mean(1), values.std(1, ddof=1) if values.shape[1] > 1 else None,
                    color=INKS[number - 1], marker="o", markersize=4, capsize=3, label=label,
                )  # fmt: skip
            axes.set_xscale("log")
            axes.set_xticks([s * 100 for s in SHARES], [f"{s * 100:g}" for s in SHARES])
            axes.minorticks_off()
            axes.set(title=name, xlabel="labelled hands, %", ylabel="median error, mm")
            axes.legend()
            grid_only(axes)

    return Results({}, (ResultTable(head, rows),), (note, *split_notes(tasks)), draw)


def _rounds(setup: Setup, number: int, x: str) -> int:
    """Rounds with which a variant takes as many updates as variant 3 does in the size's."""
    return setup.size.steps * len(variant(3, x)) // len(variant(number, x))
