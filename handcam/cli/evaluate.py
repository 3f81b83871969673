"""Measure how good the poses are: on labelled pictures, published predictions, or a clip without labels."""

import json as json_format
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table
from tyro.conf import Positional, arg

from handcam.hand.skeleton import FINGERS, JOINTS
from handcam.lab.data.sets import open_dataset
from handcam.lab.evaluate import report
from handcam.lab.evaluate.metrics import Root
from handcam.lab.evaluate.pipeline import LabelDetector, Outcome, Predictor, run, seen_by_mediapipe, tracked
from handcam.lab.evaluate.scores import KEYS, Protocol, summarise
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, HandcamError

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["main"]


def main(
    what: Positional[str],
    files: Positional[tuple[str, ...]] = (),
    /,
    *,
    json: Path | None = None,
    plot: Path | None = None,
    detector: str = "mediapipe",
    modality: str = "auto",
    weights: Path | None = None,
    runtime: str = "auto",
    hand_length_mm: float = 1000 * NOMINAL_HAND_LENGTH_M,
    root: Root = "middle_mcp",
    invariances: str = "TS",
    compare: Literal["none", "mediapipe"] = "none",
    split: str | None = None,
    limit: int | None = None,
    dataset: Literal["nyu", "icvl", "msra"] | None = None,
    truth: Annotated[tuple[Path, ...], arg(metavar="FILE [FILE ...]")] = (),
) -> None:
    """Measure how good the poses are.

    On labelled pictures: handcam evaluate folder:PATH --json OUT

    On a clip without labels: handcam evaluate clip video:FILE --json OUT

    On depth frames of NYU, in their own format: handcam evaluate nyu:FOLDER --detector depth

    Following hands through rendered scenes: handcam evaluate tracking [SCENE ...] --json OUT

    Does the score say when a hand is lost: handcam evaluate presence [video:FILE] --json OUT

    Published depth results: handcam evaluate predictions --dataset nyu --truth TRUTH FILE [FILE ...] --json OUT

    Args:
        what: a labelled data set (folder:PATH, freihand:PATH, rhd:PATH, stb:PATH, nyu:PATH, synthetic, rgbd), or the
            word clip, tracking, presence or predictions.
        files: clip, presence: the source; tracking: the scenes, by default all; predictions: the files to score.
        json: write the figures to this file.
        plot: write a page of pictures (data sets) or a plot (predictions) to this PNG.
        detector: how hands are found: a detector, or labels to crop where the labels say.
        modality: what drives the latent: rgb, keypoints2d, landmarks3d, depth, fused, or auto for what the app uses.
        weights: a safetensors file; those that ship with the program by default.
        runtime: how the model is run; auto takes the fastest.
        hand_length_mm: assumed hand, wrist to middle fingertip; matters for camera_mean_mm only.
        root: where the hands are put together: middle_mcp, wrist, or the palm centre of the papers.
        invariances: of the papers, any of T (compare relative to the root), S (scale to the true bone length) and H
            (the side is told to the model).
        compare: score MediaPipe's own landmarks on the same pictures as well.
        split: part of a data set, evaluation or training.
        limit: data sets: at most so many samples, evenly spread; clip, tracking: at most so many frames;
            presence: so many crops.
        dataset: predictions: the benchmark.
        truth: predictions: the true labels; the files to score may follow.
    """
    if what == "predictions":
        _predictions(dataset, (*truth, *map(Path, files)), json, plot)
        return
    controls = Controls(drive=modality, hand_length_m=hand_length_mm / 1000.0)
    if what == "tracking":
        from handcam.cli._tracking import evaluate_tracking

        _write(evaluate_tracking(files, controls, weights, runtime, detector, limit), json)
        return
    if what == "presence":
        from handcam.cli._tracking import evaluate_presence

        _write(evaluate_presence(files, weights, runtime, limit), json)
        return
    if what == "clip":
        if len(files) != 1:
            raise HandcamError("Say which clip, as in handcam evaluate clip video:FILE.")
        _clip(files[0], controls, weights, runtime, detector, compare, limit, json)
        return
    if what.startswith("nyu:"):
        _nyu(Path(what.removeprefix("nyu:")), controls, weights, runtime, detector, json)
        return
    if files:
        raise HandcamError(f"The data set {what} takes no further files, but {files[0]!r} was given.")
    if limit is not None and limit < 1:
        raise HandcamError("With --limit below 1 there is nothing to evaluate.")
    told = set(invariances.upper())
    if not told <= set("TSH"):
        raise HandcamError(f"The invariances are any of the letters T, S and H, not {invariances!r}.")
    samples = open_dataset(what, **({} if split is None else {"split": split}))
    count = len(samples) if limit is None else min(limit, len(samples))
    indices = np.linspace(0, len(samples) - 1, count).round().astype(int).tolist()
    progress = Progress(*Progress.get_default_columns(), console=Console(stderr=True), transient=True)

    def look(name: str, predict: Predictor) -> list[Outcome]:
        with progress:
            return list(progress.track(run(samples, predict, indices), len(indices), description=name))

    labels = LabelDetector() if detector == "labels" else None
    with closing(_tracker(weights, runtime, labels or detector)) as tracker:
        how = {"weights": tracker.card.name, "runtime": tracker.runtime_name, "drive": tracker.card.drive}
        outcomes = {"handcam": look("handcam", tracked(tracker, controls, labels, "H" in told))}
    if compare == "mediapipe":
        from handcam.detectors import mediapipe

        with closing(mediapipe.open(min_score=0.5)) as hands:
            outcomes["mediapipe"] = look("mediapipe", seen_by_mediapipe(hands))

    protocol = Protocol(root, "T" in told, "S" in told)
    figures = {name: summarise(found, protocol) for name, found in outcomes.items()}
    _print(figures, f"{samples.name}: {count} of {len(samples)} samples")
    result = figures.pop("handcam")
    result["settings"] = {
        "dataset": what, "split": split, "detector": detector, "modality": modality, "root": root,
        "invariances": invariances.upper(), "hand_length_mm": hand_length_mm, **how,
    }  # fmt: skip
    _write(result | ({"compare": figures} if figures else {}), json)
    if plot is not None:
        report.save_page(report.page(samples, outcomes["handcam"], f"{samples.name}  {modality}"), plot)


def _tracker(weights: Path | None, runtime: str, detector: str | LabelDetector) -> "Tracker":
    """The app's own tracker; with boxes from the labels where that is asked for."""
    from handcam.api import open_tracker

    return open_tracker(weights, runtime, detector)


def _predictions(dataset: str | None, files: tuple[Path, ...], json: Path | None, plot: Path | None) -> None:
    """Score published predictions."""
    from handcam.lab.evaluate import published

    if dataset is None or len(files) < 2:
        raise HandcamError("Say handcam evaluate predictions --dataset nyu|icvl|msra --truth TRUTH FILE [FILE ...].")
    scores = published.compare(dataset, files[0], files[1:])
    table = Table(
        "method", "mean mm", "median mm", "within 20 mm", "40 mm", title=f"{dataset.upper()}: {len(files) - 1} files"
    )
    for name, score in sorted(scores["methods"].items(), key=lambda item: item[1]["mean_mm"]):
        within = [f"{score['pcf'][i]:.1%}" for i in (20, 40)]
        table.add_row(name, f"{score['mean_mm']:.3f}", f"{score['median_mm']:.3f}", *within)
    table.caption = "within: share of frames whose worst joint is"
    Console().print(table)
    _write(scores, json)
    if plot is not None:
        published.plot(scores, plot)


def _nyu(
    folder: Path, controls: Controls, weights: Path | None, runtime: str, detector: str, json: Path | None
) -> None:  # fmt: skip
    """Depth frames of NYU in a folder, and what is published about them."""
    from handcam.lab.evaluate import nyu

    labels = LabelDetector() if detector == "labels" else None
    with closing(_tracker(weights, runtime, labels or detector)) as tracker:
        figures = nyu.evaluate(folder, tracked(tracker, controls, labels))
    table = Table("method", "14 joints, mm", "11 with a counterpart", title=f"NYU: {figures['n']} frames")
    for name, row in figures["methods"].items():
        table.add_row(name, f"{row['mean_mm']:.1f}", f"{row['counterparts_mm']:.1f}")
    table.caption = f"{figures['missed']} missed"
    Console().print(table)
    _write(figures, json)


def _clip(
    source: str, controls: Controls, weights: Path | None, runtime: str, detector: str, compare: str,
    limit: int | None, json: Path | None,
) -> None:  # fmt: skip
    """Pose quality over a clip without labels."""
    from handcam.lab.evaluate import clip_quality
    from handcam.sources import SourceSettings, open_source

    others = {}
    with ExitStack() as stack:
        opened = stack.enter_context(closing(open_source(source, SourceSettings(realtime=False))))
        tracker = stack.enter_context(closing(_tracker(weights, runtime, detector)))
        if compare == "mediapipe":
            from handcam.detectors import mediapipe

            hands = mediapipe.open(max_hands=1, min_score=0.5, still=False)
            stack.callback(hands.close)
            others["mediapipe"] = clip_quality.seen_by_mediapipe(hands)
        frames = _progress(clip_quality.frames_of(opened, limit), getattr(opened, "length", None))
        tracks = clip_quality.watch(frames, tracker, controls, others)
    figures = {name: clip_quality.quality(found) for name, found in tracks.items()}
    figures["refined"]["lag_ms"] = clip_quality.lag_ms(tracks["refined"], tracks["raw"])
    _table(figures, [*figures["refined"]], f"{source}: {figures['raw']['frames']} frames")
    _write(figures, json)


def _progress(frames: Iterable, count: int | None) -> Iterable:
    """Show how far a loop is, on stderr."""
    return track(frames, "clip", count, console=Console(stderr=True), transient=True)


def _print(figures: dict[str, dict], title: str) -> None:
    """The flat figures of every method, then our own by finger, viewpoint and curl."""
    _table(figures, KEYS, title)
    ours = figures["handcam"]
    if not ours["viewpoint"]:
        return
    joints = ours["per_joint"]
    wrist = "{epe_mm:.1f} / {pa_mm:.1f}".format(**joints["wrist"])
    table = Table("finger", "1", "2", "3", "tip", title="error by joint, mm: root-relative / aligned")
    for finger in FINGERS:
        chain = [joints[name] for name in JOINTS if name.startswith(finger)]
        table.add_row(finger, *("{epe_mm:.1f} / {pa_mm:.1f}".format(**joint) for joint in chain))
    table.caption = f"wrist {wrist}"
    Console().print(table)
    table = Table("seen", "hands", "root-relative mm", "aligned mm", "camera space mm")
    for group in ("viewpoint", "curl", "distance", "holes"):
        for name, row in ours.get(group, {}).items():
            errors = (f"{row[key]:.1f}" for key in ("epe_mm", "pa_mm", "camera_mm") if key in row)
            table.add_row(name, str(row["n"]), *errors)
        table.add_section()
    Console().print(table)


def _table(figures: dict[str, dict], keys: Sequence[str], title: str) -> None:
    """One row a figure, one column a method."""
    table = Table("", *figures, title=title)
    for key in keys:
        cells = [figures[name].get(key) for name in figures]
        table.add_row(key, *("-" if c is None else str(c) if isinstance(c, int) else f"{c:.3f}" for c in cells))
    Console().print(table)


def _write(figures: dict, path: Path | None) -> None:
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json_format.dumps(figures, indent=1) + "\n", "utf-8")
