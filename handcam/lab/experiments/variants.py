"""Tables 1 and 5: the paper's four variants of what is trained beside ``x>joints3d``."""

from handcam.lab.evaluate.results import Results
from handcam.lab.experiments import Setup
from handcam.lab.experiments._trainings import errors_by_seed, mean_median_table, split_notes, tasks_of
from handcam.lab.train.pairs import VARIANTS, variant

__all__ = ["TITLE", "run"]

TITLE = "Variants 1 to 4 (Tables 1 and 5)"
DATA = {"keypoints2d": "poses", "rgb": "rendered"}


def run(setup: Setup) -> Results:
    """Mean and median error of every variant, for every input that the data sets have."""
    tasks = tasks_of(setup, DATA)
    rows = {
        f"Var. {number}": [errors_by_seed(setup, split, x, tuple(variant(number, x))) for _, split, x in tasks]
        for number in VARIANTS
    }
    notes = (
        "End-point error in mm, invariances T+S+H: relative to the palm, true size and side known.",
        "Var. 1: x>3D. Var. 2: and 3D>3D. Var. 3: x>3D and x>x. Var. 4: all three.",
    )
    return Results({}, (mean_median_table(tasks, rows),), (*notes, *split_notes(tasks)))
