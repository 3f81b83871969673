"""Write a recorded session for other programs: tables, animations, logs, labelled pictures."""

from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import Progress
from tyro.conf import Positional

from handcam.exporters import ExportSettings, suffix
from handcam.exporters import convert as write
from handcam.recording import open_session

__all__ = ["main"]

Format = Literal["csv", "parquet", "json", "bvh", "glb", "usd", "mcap", "rrd", "freihand", "folder"]


def main(
    session: Positional[Path],
    /,
    *,
    to: Format,
    out: Path | None = None,
    raw: bool = False,
    fixed_bones: bool = False,
    pictures: bool = False,
    overwrite: bool = False,
) -> None:
    """Write a recorded session for other programs.

    Args:
        session: the session's folder.
        to: the format.
        out: where to; by default beside the session, with its name and the format's ending.
        raw: animations and labels: the poses before the refiners.
        fixed_bones: animations: constant bone lengths and rotations only.
        pictures: mcap and rrd: the colour pictures too.
        overwrite: replace files that are there.
    """
    console = Console()
    with open_session(session) as opened, Progress(console=console, transient=True) as bar:
        for problem in opened.problems:
            console.print(problem, style="yellow", markup=False)
        named = out or session.resolve().with_name(session.resolve().name + (suffix(to) or f"-{to}"))
        task = bar.add_task(f"{to}", total=len(opened))
        settings = ExportSettings(raw, fixed_bones, pictures, lambda done, _: bar.update(task, completed=done))
        files = write(opened, to, named, settings, overwrite)
    for file in files:
        console.print(str(file), markup=False, highlight=False, soft_wrap=True)
