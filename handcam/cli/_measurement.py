"""Extent and outputs that all evaluations share."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from rich.console import Console
from rich.progress import track
from tyro.conf import arg

from handcam.lab.evaluate.results import Results, save_figure, show, write_json
from handcam.validation import Count, OutputFile

__all__ = ["Measurement", "OutFile", "finish", "progress"]

_T = TypeVar("_T")
OutFile = Annotated[OutputFile | None, arg(metavar="FILE")]
"""A file to write, or None."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Extent of the measurement, and its output."""

    limit: Annotated[Count | None, arg(metavar="N")] = None
    """At most so many samples of a data set (evenly spread), frames, or crops."""
    json: OutFile = None
    """Write the figures to this file."""


def finish(results: Results, out: Measurement, plot: Path | None = None) -> None:
    """Print the figures, and write them where that is asked for."""
    show(results, Console())
    if out.json is not None:
        write_json(results.figures, out.json)
    if plot is not None and results.draw is not None:
        save_figure(results, plot, results.tables[0].title)


def progress(items: Iterable[_T], count: int | None) -> Iterable[_T]:
    """Show the progress of a loop on stderr."""
    return track(items, "evaluate", count, console=Console(stderr=True), transient=True)
