"""Experiments: the paper's train, measure, and end in a table, a figure or both; others measure what ships."""

import os
from typing import Annotated

from rich.console import Console
from tyro.conf import Positional, arg

from handcam.lab.evaluate.results import Results, ResultTable, cell_text, show, write_json
from handcam.lab.experiments import Setup, save
from handcam.plugins import load, names
from handcam.types import HandcamError
from handcam.validation import OutputFile

__all__ = ["main"]


def main(
    name: Positional[str],
    /,
    *,
    json: Annotated[OutputFile | None, arg(metavar="FILE")] = None,
    quick: bool = False,
    setup: Setup = Setup(),
) -> None:
    """Run an experiment of the paper: variants, invariances, semisupervised, pck, pcf, walks, mixing, weak; or all of
    these. Or measure what ships, or nets trained for it: attention, depth, halo, ik, infogan, mano, mesh, motion.

    handcam experiment ik --json ik.json

    handcam experiment variants --out runs/experiments

    handcam experiment pcf --data nyu:FOLDER rendered --out runs/experiments

    torchrun --nproc-per-node 4 launch.py experiment variants --size full --data rhd:PATH stb:PATH --pixels --out FOLDER

    A run that was stopped goes on when started again, and experiments in one folder share what they trained.

    Args:
        name: the experiment.
        json: file for the figures of what ships.
        quick: what ships: on a tenth of the hands.
    """
    there = names("handcam.lab.experiments")
    if name not in (*there, "all"):
        raise HandcamError(f"There is no experiment {name!r}; choose one of {', '.join(there)}, or all.")
    found = {each: load("handcam.lab.experiments", each) for each in (there if name == "all" else (name,))}
    if name != "all" and hasattr(found[name], "measure"):
        figures = {key: float(f"{value:.4g}") for key, value in found[name].measure(setup, quick).items()}
        width = max(map(len, figures))
        print(found[name].TITLE, *(f"{key:<{width}}  {value:g}" for key, value in figures.items()), sep="\n")
        if json is not None:
            write_json(figures, json)
        return
    if json is not None or quick:
        raise HandcamError("--json and --quick are for experiments on what ships; the paper's write to --out.")
    for each in found:
        if not hasattr(found[each], "measure"):
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
