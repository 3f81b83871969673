"""Measure how good the poses are: on labelled pictures, published predictions, or a clip without labels."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import numpy as np
from rich.console import Console
from rich.progress import track
from tyro.conf import Positional, arg

from handcam.lab.data.sets import Dataset, open_dataset
from handcam.lab.evaluate import labelled
from handcam.lab.evaluate.labelled import Protocol, summarise
from handcam.lab.evaluate.metrics import Root
from handcam.lab.evaluate.pipeline import (
    LabelDetector,
    Predictor,
    Record,
    clip_samples,
    mediapipe_predictor,
    records,
    tracker_predictor,
)
from handcam.lab.evaluate.results import Results, save_figure, show, write_json
from handcam.lab.evaluate.sample_page import page, save_page
from handcam.model.weights import default_weights
from handcam.plugins import load
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, HandcamError

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["main"]

_T = TypeVar("_T")
_METHODS = {"none": ("handcam",), "mediapipe": ("handcam", "mediapipe")}
"""Names of the predictors by what is compared."""


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
            (the side is known to the model).
        compare: score MediaPipe's own landmarks on the same pictures as well.
        split: part of a data set, evaluation or training.
        limit: data sets: at most so many samples, evenly spread; clip, tracking: at most so many frames;
            presence: so many crops.
        dataset: predictions: the benchmark.
        truth: predictions: the true labels; the files to score may follow.
    """
    controls = Controls(drive=modality, hand_length_m=hand_length_mm / 1000.0)
    if what == "predictions":
        results = _predictions(dataset, (*truth, *map(Path, files)))
    elif what == "tracking":
        results = _tracking(files, controls, weights, runtime, detector, limit)
    elif what == "presence":
        results = _presence(files, weights, runtime, limit)
    elif what == "clip":
        results = _clip(files, controls, weights, runtime, detector, compare, limit)
    elif what.startswith("nyu:"):
        results = _nyu(Path(what.removeprefix("nyu:")), controls, weights, runtime, detector)
    else:
        if files:
            raise HandcamError(f"The data set {what} takes no further files, but {files[0]!r} was given.")
        if limit is not None and limit < 1:
            raise HandcamError("With --limit below 1 there is nothing to evaluate.")
        letters = set(invariances.upper())
        if not letters <= set("TSH"):
            raise HandcamError(f"The invariances are any of the letters T, S and H, not {invariances!r}.")
        samples = open_dataset(what, **({} if split is None else {"split": split}))
        found, how = _labelled(samples, controls, weights, runtime, detector, compare, "H" in letters, limit)
        protocol = Protocol(root, "T" in letters, "S" in letters)
        figures = {name: summarise(found, protocol, k) for k, name in enumerate(_METHODS[compare])}
        tables = labelled.tables(figures, f"{samples.name}: {len(found)} of {len(samples)} samples")
        out = figures.pop("handcam")
        out["settings"] = {
            "dataset": what, "split": split, "detector": detector, "modality": modality, "root": root,
            "invariances": invariances.upper(), "hand_length_mm": hand_length_mm, **how,
        }  # fmt: skip
        results = Results(out | ({"compare": figures} if figures else {}), tables)
        if plot is not None:
            save_page(page(samples, found, f"{samples.name}  {modality}"), plot)
    show(results, Console())
    if json is not None:
        write_json(results.figures, json)
    if plot is not None and results.draw is not None:
        save_figure(results, plot)


def _labelled(
    samples: Dataset, controls: Controls, weights: Path | None, runtime: str, detector: str, compare: str,
    known_side: bool, limit: int | None,
) -> tuple[list[Record], dict]:  # fmt: skip
    """Records of a labelled data set, and the weights and runtime that made them."""
    count = len(samples) if limit is None else min(limit, len(samples))
    indices = np.linspace(0, len(samples) - 1, count).round().astype(int).tolist()
    with ExitStack() as stack:
        tracker, labels = _open(stack, weights, runtime, detector)
        methods = [tracker_predictor(tracker, controls, labels, known_side)]
        if compare == "mediapipe":
            methods.append(_mediapipe(stack, max_hands=2, still=True))
        found = list(_progress(records(samples, *methods, indices=indices), count))
    return found, {"weights": tracker.card.name, "runtime": tracker.runtime_name, "drive": tracker.card.drive}


def _open(
    stack: ExitStack, weights: Path | None, runtime: str, detector: str
) -> "tuple[Tracker, LabelDetector | None]":  # fmt: skip
    """The app's own tracker; with boxes from the labels where that is asked for."""
    from handcam.api import open_tracker

    labels = LabelDetector() if detector == "labels" else None
    return stack.enter_context(closing(open_tracker(weights, runtime, labels or detector))), labels


def _mediapipe(stack: ExitStack, max_hands: int, still: bool) -> Predictor:
    from handcam.detectors import mediapipe

    return mediapipe_predictor(stack.enter_context(closing(mediapipe.open(max_hands, 0.5, still))))


def _predictions(dataset: str | None, files: tuple[Path, ...]) -> Results:
    from handcam.lab.evaluate import published

    if dataset is None or len(files) < 2:
        raise HandcamError("Say handcam evaluate predictions --dataset nyu|icvl|msra --truth TRUTH FILE [FILE ...].")
    return published.compare(dataset, files[0], files[1:])


def _nyu(folder: Path, controls: Controls, weights: Path | None, runtime: str, detector: str) -> Results:
    from handcam.lab.evaluate import nyu

    with ExitStack() as stack:
        tracker, labels = _open(stack, weights, runtime, detector)
        return nyu.evaluate(folder, tracker_predictor(tracker, controls, labels))


def _clip(
    files: Sequence[str], controls: Controls, weights: Path | None, runtime: str, detector: str, compare: str,
    limit: int | None,
) -> Results:  # fmt: skip
    from handcam.lab.evaluate import clip
    from handcam.sources import SourceSettings, open_source

    if len(files) != 1:
        raise HandcamError("Say which clip, as in handcam evaluate clip video:FILE.")
    with ExitStack() as stack:
        source = stack.enter_context(closing(open_source(files[0], SourceSettings(realtime=False))))
        tracker, _ = _open(stack, weights, runtime, detector)
        methods = [tracker_predictor(tracker, replace(controls, max_hands=1), stream=True)]
        if compare == "mediapipe":
            methods.append(_mediapipe(stack, max_hands=1, still=False))
        found = list(_progress(records(clip_samples(source, limit), *methods), getattr(source, "length", None)))
    return clip.summarise(found, _METHODS[compare][1:], files[0])


def _tracking(
    names: Sequence[str], controls: Controls, weights: Path | None, runtime: str, detector: str, limit: int | None
) -> Results:
    from handcam.api import open_tracker
    from handcam.lab.evaluate import tracking
    from handcam.lab.evaluate.scenes import SCENES, film

    for name in names:
        if name not in SCENES:
            raise HandcamError(f"There is no scene {name!r}; take some of {', '.join(SCENES)}.")
    chosen = list(names) or list(SCENES)
    counted = tracking.CountingDetector(load("handcam.detectors", detector).open())
    counts = {}
    with closing(open_tracker(weights, runtime, counted)) as tracker:
        for name in _progress(chosen, len(chosen)):
            tracker.reset()
            counts[name] = tracking.measure(film(name, frames=limit), tracker, counted, controls)
        how = {"runtime": tracker.runtime_name, "weights": tracker.card.name, "detector": detector}
    figures = {name: tracking.summary(found) for name, found in counts.items()}
    figures["all"] = tracking.summary(tracking.total(list(counts.values())))
    said = {"settings": how, "scenes": {name: SCENES[name].says for name in chosen}}
    return Results({**said, **figures}, (tracking.table(figures),))


def _presence(files: Sequence[str], weights: Path | None, runtime: str, limit: int | None) -> Results:
    from handcam.api import open_runtime, open_tracker
    from handcam.lab.evaluate import presence
    from handcam.sources import SourceSettings, open_source

    if len(files) > 1:
        raise HandcamError("Give one clip at most, as in handcam evaluate presence video:FILE.")
    count = 800 if limit is None else max(limit, 100)
    with closing(open_runtime(weights or default_weights(), runtime)) as opened:
        fitted, fresh = (
            presence.rendered_crops(opened.encode, count, opened.card.crop_px, None, seed) for seed in (1, 91)
        )
        compared = {"rendered": presence.compare_scores(fitted, fresh)}
        if files:
            with closing(open_source(files[0], SourceSettings(realtime=False))) as source:
                tracker = open_tracker(weights, opened, load("handcam.detectors", "mediapipe").open(1))
                seen = presence.clip_crops(clip_samples(source), tracker, opened.encode)
            compared["clip"] = presence.compare_scores(fitted, seen)
    return presence.summarise(compared)


def _progress(items: Iterable[_T], count: int | None) -> Iterable[_T]:
    """Show the progress of a loop on stderr."""
    return track(items, "evaluate", count, console=Console(stderr=True), transient=True)
