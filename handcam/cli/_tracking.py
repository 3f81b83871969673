"""``handcam evaluate tracking`` and ``presence``: are hands followed, and does the score say when they are lost?"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from handcam.api import open_runtime, open_tracker
from handcam.lab.evaluate.clip_quality import frames_of
from handcam.lab.evaluate.presence import judge, look, look_at_clip
from handcam.lab.evaluate.track_quality import Counted, Watched, summary, total, watch
from handcam.lab.evaluate.track_scenes import SCENES, film
from handcam.model.weights import default_weights
from handcam.plugins import load
from handcam.sources import SourceSettings, open_source
from handcam.types import Controls, HandcamError

__all__ = ["evaluate_presence", "evaluate_tracking"]

_COLUMNS = {
    "in\nsight": "in_sight", "\nfollowed": "followed", "\nerror": "error_median",
    "found\nafter": "frames_to_find_median", "at\nmost": "frames_to_find_max", "\nlosses": "losses",
    "lost\nfor": "frames_lost_max", "wrong\nside": "wrong_sides", "\nswaps": "swaps", "false\nhands": "false_hands",
    "\nsearches": "searches",
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
    console = Console()
    with (
        closing(open_tracker(weights, runtime, counted)) as tracker,
        Progress(console=console, transient=True) as progress,
    ):
        for name in progress.track(chosen, description="scenes"):
            tracker.reset()
            found[name] = watch(film(name, frames=limit), tracker, counted, controls)
        how = {"runtime": tracker.runtime_name, "weights": tracker.card.name, "detector": detector}
    figures: dict[str, dict] = {name: summary(seen) for name, seen in found.items()}
    figures["all"] = summary(total(list(found.values())))
    _print(figures, console)
    return {"settings": how, "scenes": {name: SCENES[name].says for name in chosen}, **figures}


def evaluate_presence(files: Sequence[str], weights: Path | None, runtime: str, limit: int | None) -> dict:
    """Judge the score of a hand on rendered crops, and on the clip when one is given; prints a table.

    Returns:
        By set of crops (``rendered``, ``clip``) and by score (``raw``, ``scaled``, ``with_posteriors``).

    Raises:
        HandcamError: there is more than one clip, it cannot be read, or shows no hand.
    """
    if len(files) > 1:
        raise HandcamError("Give one clip at most, as in handcam evaluate presence video:FILE.")
    count = 800 if limit is None else max(limit, 100)
    with closing(open_runtime(default_weights() if weights is None else weights, runtime)) as opened:
        fitted, fresh = (look(opened.encode, count, opened.card.crop_px, None, seed) for seed in (1, 91))
        judged = {"rendered": judge(fitted, fresh)}
        if files:
            with closing(open_source(files[0], SourceSettings(realtime=False))) as source:
                tracker = open_tracker(None, opened, load("handcam.detectors", "mediapipe").open(1))
                seen = look_at_clip(frames_of(source), tracker, opened.encode)
            judged["clip"] = judge(fitted, seen)
    table = Table(
        "crops", "score", "AUC", "calibration error", "Brier", "wrong at 0.5",
        title="does the score say whether the joints were found?", box=box.SIMPLE,
    )  # fmt: skip
    for crops, scores in judged.items():
        for score, f in scores.items():
            table.add_row(crops, score, f"{f['auc']:.4f}", f"{f['ece']:.3f}", f"{f['brier']:.3f}", f"{f['wrong']:.1%}")
    Console().print(table)
    return judged


def _print(figures: dict[str, dict], console: Console) -> None:
    table = Table(
        "", *(Column(name, justify="right") for name in _COLUMNS), title="hands followed through rendered scenes",
        box=box.SIMPLE, padding=(0, 0, 0, 1),
    )  # fmt: skip
    for name, found in figures.items():
        values = [(key, found[key]) for key in _COLUMNS.values()]
        table.add_row(name, *("-" if v is None else f"{v:.1%}" if key in _SHARES else f"{v:g}" for key, v in values))
    if not console.is_terminal:
        console.width = 110
    table.caption = "in sight: hands over all frames; error: of the hand's length; found after, lost for: frames"
    console.print(table)
