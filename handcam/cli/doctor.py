"""What works on this computer, and what to do about the rest."""

import json as json_format
from dataclasses import asdict

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

from handcam.cli._checks import CHECKS, Finding, look

__all__ = ["main"]

_COLOUR = {"OK": "green", "missing": "yellow", "broken": "red"}


def main(*, json: bool = False) -> int:
    """Check Python, packages, weights, engines, display, cameras and disk. Exit code 1 when the main job cannot run.

    Args:
        json: print the findings as JSON.
    """
    found: list[Finding] = []
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("")
        for name in CHECKS:
            bar.update(task, description=name)
            found += look(name)
    bad = [finding for finding in found if finding.needed and finding.state != "OK"]
    if json:
        print(json_format.dumps({"ok": not bad, "findings": [asdict(finding) for finding in found]}, indent=1))
        return 1 if bad else 0
    table = Table("", "", "found", "what to do", title="handcam doctor", title_justify="left", show_edge=False)
    for f in found:
        table.add_row(f.name, f"[{_COLOUR[f.state]}]{f.state}[/]", _plain(f.what), _plain(f.cure))
    console = Console()
    if not console.is_terminal:
        console.width = 200  # a log has no edge
    console.print(table)
    if bad:
        print(f"The app cannot run: {', '.join(finding.name for finding in bad)}.")
        return 1
    print("The app runs here.")
    return 0


def _plain(text: str) -> str:
    return text.replace("[", r"\[")  # brackets of extras are not rich's markup
