"""The paper's experiments: each trains, measures, and ends in a table, a figure or both."""

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from rich.console import Console
from tyro.conf import Positional, arg

from handcam.plugins import load, names
from handcam.types import HandcamError

__all__ = ["main"]


def main(
    name: Positional[str],
    /,
    *,
    out: Annotated[Path, arg(metavar="FOLDER")],
    data: tuple[str, ...] = (),
    size: Literal["small", "full"] = "small",
    steps: int | None = None,
    share: float = 1.0,
    repeats: int | None = None,
    seed: int = 0,
    pixels: bool = False,
    weights: Annotated[Path | None, arg(metavar="FILE")] = None,
    accelerator: Literal["auto", "cpu", "cuda"] = "auto",
    devices: int = 1,
    precision: Literal["32-true", "bf16-mixed"] = "32-true",
) -> None:
    """Run an experiment of the paper: variants, invariances, semisupervised, pck, pcf, walks, mixing, weak; or all.

    handcam experiment variants --out runs/experiments

    handcam experiment pcf --data nyu:FOLDER rendered --out runs/experiments

    torchrun --nproc-per-node 4 launch.py experiment variants --size full --data rhd:PATH stb:PATH --pixels --out FOLDER

    A run that was stopped goes on when started again, and experiments in one folder share what they trained.

    Args:
        name: the experiment.
        out: folder of NAME.md, NAME.json and NAME.png, of trainings, and of rendered hands.
        data: data sets instead of the experiment's own: poses, rendered, features:FOLDER, crops:FOLDER, rhd:PATH,
            stb:PATH, freihand:PATH, folder:PATH, msra:FILE; for pcf also nyu:, icvl: or msra:FOLDER.
        size: minutes on a processor, or the paper's nets and many hands for a GPU.
        steps: rounds of each training instead of the size's.
        share: part of the size's hands to train and measure on.
        repeats: trainings of each kind, with seeds one after the other; default 1, for weak 2.
        seed: of weights, batches and samples.
        pixels: pictures are looked at by the paper's ResNet-18, instead of what the landmark network sees in them.
        weights: walks, mixing: weights to look into, instead of models trained for it.
        accelerator: where to train.
        devices: processes on this machine; torchrun's numbers win.
        precision: bf16-mixed is faster on processors and cards that have it.
    """
    there = names("handcam.lab.experiments")
    if name not in (*there, "all"):
        raise HandcamError(f"There is no experiment {name!r}; choose one of {', '.join(there)}, or all.")
    if not 0.0 < share <= 1.0 or (steps is not None and steps < 1) or (repeats is not None and repeats < 1):
        raise HandcamError("--share lies above 0 and at most at 1, and --steps and --repeats are at least 1.")
    kinds = [each.partition(":")[0] for each in data]
    if len(set(kinds)) < len(kinds):
        raise HandcamError(
            "--data names each kind of data set once; folders of sights or crops go with commas between."
        )
    from handcam.lab.experiments import FULL, SMALL, Setup

    chosen = FULL if size == "full" else SMALL
    parts = {field: max(round(getattr(chosen, field) * share), 10) for field in ("poses", "pictures", "test")}
    chosen = replace(chosen, **parts, steps=steps or chosen.steps)
    given = {
        "--data": " ".join(map(shlex.quote, data)), "--size": size if size != "small" else "",
        "--steps": steps or "", "--share": share if share != 1.0 else "", "--repeats": repeats or "",
        "--seed": seed or "", "--weights": weights or "",
    }  # fmt: skip
    for each in there if name == "all" else (name,):
        words = ["handcam experiment", each, *(f"{k} {v}" for k, v in given.items() if v), "--pixels" * pixels]
        setup = Setup(
            out, " ".join([*filter(None, words), f"--out {shlex.quote(str(out))}"]), data, chosen, seed=seed,
            repeats=repeats or (2 if each == "weak" else 1), pixels=pixels, weights=weights, accelerator=accelerator,
            devices=devices, precision=precision,
        )  # fmt: skip
        _run(each, setup)


def _run(name: str, setup) -> None:
    """Run one experiment; under several processes the first one writes."""
    from handcam.lab.evaluate.results import Results, Table, cell_text, show
    from handcam.lab.experiments import save

    experiment = load("handcam.lab.experiments", name)
    results = experiment.run(setup)
    if int(os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0"))) > 0:
        return
    (table,) = results.tables
    grid = [list(table.head), *([cell_text(cell) for cell in row] for row in table.rows)]
    if len(grid[0]) > len(grid):  # a terminal is higher than wide
        grid = [list(column) for column in zip(*grid, strict=True)]
    printed = Table(tuple(grid[0]), [tuple(row) for row in grid[1:]], experiment.TITLE, setup.configuration)
    show(Results({}, (printed,), results.notes), Console())
    print(*save(name, experiment.TITLE, results, setup), sep="\n")
