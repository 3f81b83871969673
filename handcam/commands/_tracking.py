"""``handcam evaluate tracking``: scenes with known truth, and what the tracker makes of them."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from handcam.app import open_runtime
from handcam.learn.track_quality import Counted, Watched, summary, total, watch
from handcam.learn.track_scenes import SCENES, film
from handcam.plugins import load
from handcam.tracking import Tracker
from handcam.types import Controls, HandcamError
from handcam.weights import default_weights

__all__ = ["evaluate_tracking"]

_ROWS = {
    "in sight": "in_sight", "followed": "followed", "error": "error_median", "came": "came",
    "found after": "frames_to_find_median", "at most": "frames_to_find_max", "losses": "losses",
    "lost for": "frames_lost_max", "wrong side": "wrong_sides", "side changes": "side_changes",
    "new numbers": "new_numbers", "swaps": "swaps", "false": "false_hands", "searches": "searches",
}  # fmt: skip
_SHARES = {"followed", "wrong_sides", "error_median"}


def evaluate_tracking(
    names: Sequence[str], controls: Controls, weights: Path | None, runtime: str, detector: str, limit: int | None
) -> dict:
    """Render the scenes of these names (all when there are none) and follow their hands; prints a table.

    Returns:
        Figures of each scene and of ``all``.

    Raises:
        HandcamError: there is no such scene.
    """
    for name in names:
        if name not in SCENES:
            raise HandcamError(f"There is no scene {name!r}; take some of {', '.join(SCENES)}.")
    chosen = list(names) or list(SCENES)
    found: dict[str, Watched] = {}
    counted = Counted(load("handcam.detectors", detector).open())
    opened = open_runtime(default_weights() if weights is None else weights, runtime)
    console = Console()
    with closing(Tracker(opened, [counted])) as tracker, Progress(console=console, transient=True) as progress:
        for name in progress.track(chosen, description="scenes"):
            tracker.reset()
            found[name] = watch(film(name, frames=limit), tracker, counted, controls)
        how = {"runtime": tracker.runtime_name, "weights": tracker.card.name, "detector": detector}
    figures: dict[str, dict] = {name: summary(seen) for name, seen in found.items()}
    figures["all"] = summary(total(list(found.values())))
    _print(figures, console)
    return {"settings": how, "scenes": {name: SCENES[name].says for name in chosen}, **figures}


def _print(figures: dict[str, dict], console: Console) -> None:
    table = Table("", *figures, title="hands followed through rendered scenes")
    for row, key in _ROWS.items():
        values = [f[key] for f in figures.values()]
        shown = ["-" if v is None else f"{v:.1%}" if key in _SHARES else f"{v:g}" for v in values]
        table.add_row(row, *shown)
    table.caption = "in sight, wrong side, false: hands, over all frames; error: of the hand's length; times: frames"
    console.print(table)
