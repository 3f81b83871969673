"""Results of an evaluation or experiment: tables to print, figures for a JSON file, and a drawing for a PNG file."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from jaxtyping import Float

from handcam.hand.skeleton import BONES, FINGER_OF_JOINT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import Console

__all__ = [
    "INKS", "Cell", "ResultTable", "Results", "cell_text", "curve_panels", "draw_skeleton", "grid_only", "hide_frame",
    "panels",    "save_figure", "show", "side_by_side", "write_json",
]  # fmt: skip

_T = TypeVar("_T")
INKS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")
"""Colours that colour-blind people can tell apart, in the order of curves."""
_FINGERS = ("#e69f00", "#56b4e9", "#009e73", "#c8b400", "#d55e00")
"""Thumb to little finger."""

Cell = str | list[float]
"""Text, or one number for each repeat; no number is what the data does not allow."""


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A table, printed or written as Markdown."""

    head: tuple[str, ...]
    """Names of the columns."""
    rows: Sequence[tuple[Cell, ...]]
    """The cells."""
    title: str = ""
    """Line above it."""
    caption: str = ""
    """Line below it."""


@dataclass(frozen=True, slots=True)
class Results:
    """All that an evaluation or experiment gives."""

    figures: Mapping[str, Any]
    """Numbers for the JSON file."""
    tables: tuple[ResultTable, ...]
    """The same for people."""
    notes: tuple[str, ...] = ()
    """What a reader must know: data, units, what stands for what."""
    draw: "Callable[[Figure], None] | None" = None
    """Draws the plot."""
    size: tuple[float, float] = field(default=(10.0, 4.6))
    """Width and height of the plot, inches."""


def cell_text(cell: Cell) -> str:
    """A cell as it is printed: text, a number, or mean and standard deviation over the repeats."""
    if isinstance(cell, str):
        return cell
    if not cell:
        return "–"
    digits = 2 if abs(mean(cell)) < 3 else 1
    spread = f" ± {stdev(cell):.{digits}f}" if len(cell) > 1 else ""
    return f"{mean(cell):.{digits}f}{spread}"


def side_by_side(figures: Mapping[str, Mapping[str, Any]], keys: Sequence[str], title: str) -> ResultTable:
    """Table of one row a figure and one column a method."""

    def text(value: Any) -> str:
        return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"

    rows = [(key, *(text(method.get(key)) for method in figures.values())) for key in keys]
    return ResultTable(("", *figures), rows, title)


def show(results: Results, console: "Console") -> None:
    """Print tables and notes."""
    from rich import box
    from rich.table import Column
    from rich.table import Table as Printed

    if not console.is_terminal:
        console.width = max(console.width, 120)
    for table in results.tables:
        columns = [Column(table.head[0]), *(Column(name, justify="right") for name in table.head[1:])]
        printed = Printed(
            *columns, title=table.title, caption=table.caption or None, box=box.SIMPLE, padding=(0, 0, 0, 1)
        )
        for row in table.rows:
            printed.add_row(*map(cell_text, row))
        console.print(printed)
    for note in results.notes:
        console.print(note, style="dim")


def write_json(figures: Mapping[str, Any], path: Path) -> None:
    """Write figures, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def save_figure(results: Results, path: Path, title: str = "", note: str = "") -> None:
    """Write the plot to a PNG file, making its folder."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # only here: half a second, and no number needs it
    from matplotlib.figure import Figure

    assert results.draw is not None
    figure = Figure(figsize=results.size, layout="constrained")
    FigureCanvasAgg(figure)
    results.draw(figure)
    if title:
        figure.suptitle(title, fontsize=12)
    if note:
        figure.supxlabel(note, fontsize=7, color="#666666")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def grid_only(axes: "Axes") -> None:
    """Draw a light grid behind the curves and no box around them."""
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def panels(figure: "Figure", contents: Mapping[str, _T]) -> "Iterator[tuple[Axes, str, _T]]":
    """Axes side by side, one for each content, with its name."""
    for axes, (name, content) in zip(
        figure.subplots(1, len(contents), squeeze=False)[0], contents.items(), strict=True
    ):
        yield axes, name, content


def curve_panels(
    curves: Mapping[str, Mapping[str, np.ndarray]], x: np.ndarray, xlabel: str, ylabel: str, dashed: Sequence[str] = ()
) -> "Callable[[Figure], None]":
    """Make a drawing of curves between 0 and 1, one panel for each data set."""

    def draw(figure: "Figure") -> None:
        for axes, name, lines in panels(figure, curves):
            for i, (label, curve) in enumerate(lines.items()):
                axes.plot(x, curve, "--" if label in dashed else "-", color=INKS[i % len(INKS)], label=label)
            axes.set(title=name, xlabel=xlabel, ylabel=ylabel, xlim=(x[0], x[-1]), ylim=(0, 1))
            axes.legend(loc="lower right", fontsize=8)
            grid_only(axes)

    return draw


def hide_frame(axes: "Axes", title: str = "") -> None:
    """Take ticks and frame away, for pictures."""
    axes.set(xticks=[], yticks=[], facecolor="none")
    axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(title, fontsize=8)


def draw_skeleton(
    axes: "Axes", points: Float[np.ndarray, "21 2"], reach: float, centre: tuple[float, float], ink: str | None = None
) -> None:
    """Draw the bones of one hand in its fingers' colours or one ink, y down, in a square of half edge ``reach``."""
    for a, b in BONES:
        color = ink or _FINGERS[FINGER_OF_JOINT[b]]
        axes.plot(*points[[a, b]].T, color=color, linewidth=0.9 if ink else 1.8, solid_capstyle="round")
    x, y = centre
    axes.set(xlim=(x - reach, x + reach), ylim=(y + reach, y - reach))
