"""The paper's experiments: each trains, measures, and ends in a table, a figure or both."""

import os

from rich.console import Console
from tyro.conf import Positional

from handcam.lab.evaluate.results import Results, ResultTable, cell_text, show
from handcam.lab.experiments import Setup, save
from handcam.plugins import load, names
from handcam.types import HandcamError

__all__ = ["main"]


def main(name: Positional[str], /, *, setup: Setup) -> None:
    """Run an experiment of the paper: variants, invariances, semisupervised, pck, pcf, walks, mixing, weak; or all.

    handcam experiment variants --out runs/experiments

    handcam experiment pcf --data nyu:FOLDER rendered --out runs/experiments

    torchrun --nproc-per-node 4 launch.py experiment variants --size full --data rhd:PATH stb:PATH --pixels --out FOLDER

    A run that was stopped goes on when started again, and experiments in one folder share what they trained.

    Args:
        name: the experiment.
    """
    there = names("handcam.lab.experiments")
    if name not in (*there, "all"):
        raise HandcamError(f"There is no experiment {name!r}; choose one of {', '.join(there)}, or all.")
    for each in there if name == "all" else (name,):
        _run(each, setup.of(each))


def _run(name: str, setup: Setup) -> None:
    """Run one experiment; under several processes the first one writes."""
    experiment = load("handcam.lab.experiments", name)
    results = experiment.run(setup)
    if int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) > 0:
        return
    (table,) = results.tables
    grid = [list(table.head), *([cell_text(cell) for cell in row] for row in table.rows)]
    if len(grid[0]) > len(grid):  # a terminal is higher than wide
        grid = [list(column) for column in zip(*grid, strict=True)]
    printed = ResultTable(tuple(grid[0]), [tuple(row) for row in grid[1:]], experiment.TITLE, setup.configuration)
    show(Results({}, (printed,), results.notes), Console())
    print(*save(name, experiment.TITLE, results, setup), sep="\n")
