"""Weak supervision: 10 % of the 3D labels, and what 2D labels and biomechanical constraints add for the other hands."""

import numpy as np

from handcam.hand.anatomy import violations_deg
from handcam.lab.evaluate.metrics import procrustes_errors
from handcam.lab.evaluate.results import INKS, Cell, Results, ResultTable, grid_only, panels
from handcam.lab.experiments import Setup
from handcam.lab.experiments._trainings import errors_mm, fit, predict, split_notes, tasks_of, trainable

__all__ = ["SHARE", "TITLE", "run"]

TITLE = "Weak supervision and priors, 10 % of the 3D labels"
DATA = {"keypoints2d": "poses", "rgb": "rendered"}
SHARE = 0.1
"""Labelled part of the hands."""
_2D = "{x}>keypoints2d"
METHODS: dict[str, tuple[tuple[str, ...], dict[str, float]]] = {
    "none": ((), {"label_share": SHARE}),
    "2D, own decoder": ((_2D,), {"label_share": SHARE}),
    "constraints": ((_2D,), {"label_share": SHARE, "constrain": 1.0}),
    "2D under the joints": ((_2D,), {"label_share": SHARE, "reproject": 1.0}),
    "2D under the joints + constraints": ((_2D,), {"label_share": SHARE, "reproject": 1.0, "constrain": 1.0}),
    "all 3D labels": ((), {}),
}
"""Pairs beside ``x>joints3d``, and the switches of the training."""


def run(setup: Setup) -> Results:
    """Errors of every kind of supervision for each input."""
    tasks = [task for task in tasks_of(setup, DATA) if trainable((_2D.format(x=task[2]),), task[1].train)]
    rows: list[tuple[Cell, ...]] = []
    epe: dict[str, dict[str, list[float]]] = {name: {} for name, _, _ in tasks}
    for name, split, x in tasks:
        for method, (more, switches) in METHODS.items():
            found = []
            for seed in setup.seeds:
                pairs = (f"{x}>joints3d", *(pair.format(x=x) for pair in more))
                longer = {} if more else {"steps": 2 * setup.size.steps}  # one pair makes half the updates of two
                joints = predict(fit(setup, split, pairs, seed, **switches, **longer), x, split.test)
                errors = errors_mm(joints, split)
                aligned = procrustes_errors(joints, split.test.joints_mm)
                offset = joints * split.test.length_mm[:, None, None] - split.test.joints_mm  # relative to the root
                deep = np.abs(offset[..., 2])
                impossible = (violations_deg(joints).max(-1) > 5.0).mean()
                found.append([errors.mean(), np.median(errors), aligned.mean(), deep.mean(), 100 * impossible])
            epe[name][method] = [float(f[0]) for f in found]
            rows.append((f"{name}, {method}", *([float(f[k]) for f in found] for k in range(5))))
    head = ("", "EPE mean", "EPE median", "PA mean", "depth error", "impossible, %")
    notes = (
        f"mm, T+S+H. {SHARE:.0%} of the hands have 3D labels, all have 2D labels. own decoder: x>2D beside x>3D.",
        "Every training makes as many updates: those of one pair have twice the rounds.",
        "under the joints: the decoded joints must project to the 2D labels. constraints: bone lengths, palm, angles.",
        "depth error: mean distance along the camera's axis. impossible: hands with an angle 5 degrees off limits.",
        *split_notes(tasks),
    )

    def draw(figure) -> None:
        for axes, name, methods in panels(figure, epe):
            at = np.arange(len(methods))
            means = [float(np.mean(values)) for values in methods.values()]
            spread = [np.std(v, ddof=1) if len(v) > 1 else 0.0 for v in methods.values()]
            inks = [INKS[1], *[INKS[0]] * (len(methods) - 2), INKS[2]]
            axes.barh(at, means, xerr=spread, color=inks, ecolor="#555555", capsize=3)
            axes.set_yticks(at, list(methods), fontsize=8)
            axes.invert_yaxis()
            for y, value in zip(at.tolist(), means, strict=True):
                axes.text(0.02 * max(means), y, f"{value:.1f}", va="center", color="white", fontsize=9)
            axes.set(title=name, xlabel="end-point error, mm", xlim=(0, None))
            grid_only(axes)
            if axes is not figure.axes[0]:
                axes.set_yticklabels([])

    return Results({}, (ResultTable(head, rows),), notes, draw)
