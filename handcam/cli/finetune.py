"""Fit the weights to your own hand, from the accepted frames of recorded sessions."""

from dataclasses import replace
from typing import Annotated

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tyro.conf import Positional, arg

from handcam.lab.train.finetune import Finetune, finetune, read_bones
from handcam.types import HandcamError
from handcam.validation import InputFile, InputFolder

__all__ = ["main"]


def main(
    sessions: Positional[Annotated[tuple[InputFolder, ...], arg(metavar="SESSION [SESSION ...]")]],
    /,
    *,
    bones: Annotated[InputFile | None, arg(metavar="FILE")] = None,
    settings: Finetune,
) -> None:
    """Train heads and joint decoder on accepted frames, mixed with sampled poses, and write new weights.

    handcam label SESSION, then handcam finetune SESSION --out runs/mine, then
    handcam --weights runs/mine/handcam-finetuned.safetensors

    Args:
        sessions: sessions of one person that handcam label has been through.
        bones: JSON file with bones that you measured, e.g. {"index_pip": 41.5}: the bone ending at that joint, mm.
    """
    if not sessions:
        raise HandcamError("Give at least one session; handcam record makes one.")
    settings = replace(settings, sessions=sessions, bones_mm=None if bones is None else read_bones(bones))
    console = Console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("accepted hands", total=None)
        report = finetune(settings, lambda done, total: bar.update(task, completed=done, total=total))
    table = Table(title=f"mean joint error, mm, against {report['compared_with']}", title_justify="left")
    for column in ("", "before", "after"):
        table.add_column(column, justify="right" if column else "left")
    for name, count in report["hands"].items():
        before, after = report["before"][name], report["after"][name]
        for key, label in (
            ("joints", f"{count} hands: {'end of these sessions' if name == 'held_out' else 'other sessions'}"),
            ("aligned", "    aligned (shape alone)"),
            ("bones", "    bone lengths"),
        ):
            table.add_row(label, f"{before[key]:.2f}", f"{after[key]:.2f}")
    others = (f"{report[when]['held_out']['others']:.2f}" for when in ("before", "after"))
    table.add_row("other people, sampled keypoints", *others)
    console.print(table)
    console.print(f"Trained on {report['trained_on']} hands: {report['weights']}", soft_wrap=True, highlight=False)
