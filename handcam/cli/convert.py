"""Write a recorded session for other programs: tables, animations, logs, labelled pictures."""

from dataclasses import replace
from typing import Annotated

from rich.console import Console
from rich.progress import Progress
from tyro.conf import Positional, arg

from handcam.plugins import names
from handcam.session import open_session
from handcam.session.export import ExportSettings, suffix
from handcam.session.export import convert as write
from handcam.validation import InputFolder, OutputPath

__all__ = ["main"]


def main(
    session: Positional[InputFolder],
    /,
    *,
    to: Annotated[str, arg(metavar="|".join(names("handcam.session.export")))],
    out: OutputPath | None = None,
    overwrite: bool = False,
    settings: ExportSettings = ExportSettings(),
) -> None:
    """Write a recorded session for other programs.

    Args:
        session: the session's folder.
        to: the format.
        out: where to; by default beside the session, with its name and the format's ending.
        raw: animations and labels: the poses before the filters.
        fixed_bones: animations: constant bone lengths and rotations only.
        pictures: mcap and rrd: the colour pictures too.
        overwrite: replace files that are there.
    """
    suffix(to)  # an unknown format is refused before the session is read
    console = Console(stderr=True)
    with (
        open_session(session) as opened,
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        for problem in opened.problems:
            console.print(problem, markup=False, highlight=False, soft_wrap=True)
        here = session.resolve()
        task = bar.add_task(to, total=len(opened))
        settings = replace(settings, progress=lambda done, _: bar.update(task, completed=done))
        files = write(opened, to, out or here.with_name(here.name + (suffix(to) or f"-{to}")), settings, overwrite)
    print(*files, sep="\n")
