"""Play a recorded session, or estimate its hands anew."""

import json
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tyro.conf import Positional

from handcam.cli._options import Detector, ModelOptions
from handcam.session import open_session
from handcam.session.format import plain_json
from handcam.session.labels import carry_over
from handcam.session.replay import Comparison, compare, fitted
from handcam.session.replay import rerun as write_anew
from handcam.sources import SourceSettings
from handcam.validation import InputFolder, OutputFolder

__all__ = ["main"]


def main(
    session: Positional[InputFolder],
    out: Positional[OutputFolder | None] = None,
    /,
    *,
    rerun: bool = False,
    detector: Detector = "palm",
    loop: bool = False,
    headless: bool = False,
    model: ModelOptions = ModelOptions(),
) -> int:
    """Play a recorded session in the window; with --rerun, estimate its hands anew and compare.

    Args:
        session: the session's folder.
        out: with --rerun: folder of the new session; by default beside the old one, with "-rerun" at its end.
        rerun: estimate the hands of every frame anew, write a new session, and say how it differs from the old.
        detector: how hands are found.
        loop: play again at the end.
        headless: no window.
    """
    if rerun:
        return estimate_anew(session, out, model, detector)
    from handcam.cli.run import RunOptions
    from handcam.cli.run import main as run

    return run(
        source=f"recording:{session}", detector=detector, run=RunOptions(headless=headless),
        source_settings=SourceSettings(loop=loop), model=model,
    )  # fmt: skip


def estimate_anew(session: Path, out: Path | None, model: ModelOptions, detector: str) -> int:
    """Write the new session and print the comparison."""
    from handcam.api import open_tracker

    console = Console()
    with open_session(session) as old:
        for problem in old.problems:
            console.print(problem, style="yellow", markup=False)
        path = session.resolve()
        target = out or path.with_name(path.name + "-rerun")
        tracker = open_tracker(model.weights, model.runtime, detector)
        try:
            card = tracker.card
            same = (old.header.get("weights") or {}).get("sha256") == card.sha256
            settings = {"runtime": tracker.runtime_name, "detector": detector}
            with Progress(console=console, transient=True) as bar:
                task = bar.add_task("frames", total=len(old))
                write_anew(
                    old, tracker.track, target, card, settings,
                    fit=lambda controls: fitted(controls, card.latent, set(card.encoders), same),
                    progress=lambda done: bar.update(task, completed=done),
                )  # fmt: skip
        finally:
            tracker.close()
        with open_session(target) as new:
            comparison = compare(old, new)
            (target / "comparison.json").write_text(json.dumps(plain_json(comparison), indent=1) + "\n", "utf-8")
            console.print(table(comparison, old.header.get("weights"), new.header.get("weights")))
            carried, lost = carry_over(old, new)
    if carried or lost:
        gone = f"; {lost} are of hands that are not found any more" if lost else ""
        console.print(f"{carried} labels carried over{gone}.", highlight=False)
    console.print(f"Written to {target}", markup=False, highlight=False, soft_wrap=True)
    return 0


def table(comparison: Comparison, old: dict | None, new: dict | None) -> Table:
    """The comparison as a table."""
    names = [f"{w['name']} ({w['sha256'][:8]})" if w else "unknown weights" for w in (old, new)]
    shown = Table(title=f"recorded: {names[0]}; now: {names[1]}", title_justify="left", show_header=False)
    c = comparison
    apart = f"{c.joints_mean_mm:.2f} / {c.joints_p95_mm:.2f} / {c.joints_max_mm:.2f} mm"
    for label, value in (
        ("frames with results in both", f"{c.frames}"),
        ("hands in both", f"{c.both}"),
        ("hands in the recording only", f"{c.only_first}"),
        ("hands found now only", f"{c.only_second}"),
        ("hands whose side differs", f"{c.other_side}"),
        ("hands identical bit for bit", f"{c.identical}"),
        ("joints apart, mean / 95 % / max", apart),
        ("keypoints apart, mean", f"{c.keypoints_mean_px:.2f} px"),
        ("root-relative error to the truth, recorded / now", f"{c.first_error_mm:.1f} / {c.second_error_mm:.1f} mm"),
    ):
        if "nan" not in value:
            shown.add_row(label, value)
    return shown
