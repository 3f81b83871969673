"""Measure how good the poses are, on labelled pictures, published predictions, or a clip without labels."""

import json as json_format
from pathlib import Path
from typing import Annotated, Literal

from rich.console import Console
from rich.table import Table
from tyro.conf import Positional, arg

from handcam.types import HandcamError

__all__ = ["main"]


def main(
    what: Positional[str],
    files: Positional[tuple[str, ...]] = (),
    /,
    *,
    json: Path | None = None,
    plot: Path | None = None,
    dataset: Literal["nyu", "icvl", "msra"] | None = None,
    truth: Annotated[tuple[Path, ...], arg(metavar="FILE [FILE ...]")] = (),
) -> None:
    """Measure how good the poses are.

    Args:
        what: a labelled data set (folder:PATH, freihand:PATH, rhd:PATH, stb:PATH, synthetic), or the word predictions
            or clip.
        files: predictions: the files to score; clip: the source.
        json: write the figures to this file.
        plot: write a picture page or plot to this PNG.
        dataset: predictions: the benchmark.
        truth: predictions: the true labels, and after it, if you like, the files to score.
    """
    if what == "predictions":
        return _predictions(dataset, (*truth, *map(Path, files)), json, plot)
    raise HandcamError(f"{what} is not yet handled.")


def _predictions(dataset: str | None, files: tuple[Path, ...], json: Path | None, plot: Path | None) -> None:
    from handcam.learn import published

    if dataset is None or len(files) < 2:
        raise HandcamError("Say handcam evaluate predictions --dataset nyu|icvl|msra --truth TRUTH FILE [FILE ...].")
    scores = published.compare(dataset, files[0], files[1:])
    table = Table("method", "mean, mm", "median, mm", "frames within 20 mm", "within 40 mm")
    for name, score in sorted(scores["methods"].items(), key=lambda item: item[1]["mean_mm"]):
        within = [f"{score['pcf'][i]:.1%}" for i in (20, 40)]
        table.add_row(name, f"{score['mean_mm']:.3f}", f"{score['median_mm']:.3f}", *within)
    Console().print(table)
    _write(scores, json)
    if plot is not None:
        published.plot(scores, plot)


def _write(scores: dict, path: Path | None) -> None:
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json_format.dumps(scores, indent=1) + "\n", "utf-8")
