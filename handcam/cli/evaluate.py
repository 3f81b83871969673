"""Measure how good the poses are: on labelled pictures, published predictions, or a clip without labels."""

from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from tyro.conf import Positional, arg

from handcam.cli._evaluate_detection import detection
from handcam.cli._measurement import Measurement, OutFile, finish, progress
from handcam.cli._options import ModelOptions
from handcam.hand.conventions import ConventionName
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
from handcam.lab.evaluate.results import Results
from handcam.lab.evaluate.sample_page import sample_page
from handcam.plugins import load
from handcam.ranges import HandLengthMm
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, HandcamError
from handcam.validation import Count, InputFile, one_of

if TYPE_CHECKING:
    from handcam.tracking.tracker import Tracker

__all__ = ["KINDS", "main"]

Compared = Literal["auto", "none", "mediapipe"]
"""Method that runs beside ours; ``auto`` is MediaPipe where it is installed."""


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """Settings of the tracker."""

    detector: Annotated[str, one_of("handcam.detectors", "labels")] = "palm"
    """Detector, or labels to crop where the labels say."""
    modality: str = "auto"
    """Input modality that drives the latent: rgb, keypoints2d, landmarks3d, depth, fused, or auto as in the app."""
    hand_length_mm: HandLengthMm = 1000 * NOMINAL_HAND_LENGTH_M
    """Assumed hand, wrist to middle fingertip; matters for camera_mean_mm only."""

    def controls(self) -> Controls:
        """Controls with these settings."""
        return Controls(drive=self.modality, hand_length_m=self.hand_length_mm / 1000.0)


def main(
    dataset: Positional[Annotated[str, arg(metavar="DATASET")]],
    /,
    *,
    plot: OutFile = None,
    save: OutFile = None,
    frames: Count = 1,
    root: Root = "middle_mcp",
    invariances: str = "TS",
    convention: ConventionName = "common21",
    compare: Compared = "auto",
    split: str | None = None,
    circular: bool = False,
    tracker: TrackerOptions = TrackerOptions(),
    model: ModelOptions = ModelOptions(),
    out: Measurement = Measurement(),
) -> None:
    """Measure how good the poses are.

    On labelled pictures: handcam evaluate folder:PATH --json OUT

    On depth frames of NYU, in their own format: handcam evaluate nyu:FOLDER --detector depth

    On a clip without labels: handcam evaluate clip video:FILE --json OUT

    Following hands through rendered scenes: handcam evaluate tracking [SCENE ...] --json OUT

    How many hands are found: handcam evaluate detection FOLDER [none:FOLDER ...] --json OUT

    Does the score say when a hand is lost: handcam evaluate presence [video:FILE] --json OUT

    Published depth results: handcam evaluate predictions FILE [FILE ...] --dataset nyu --truth TRUTH --json OUT

    Args:
        dataset: a labelled data set: folder:PATH, coco:FILE, freihand:PATH, rhd:PATH, stb:PATH, nyu:PATH, synthetic,
            rgbd.
        plot: write a page of pictures to this PNG.
        save: write the predictions to this NPZ: joints_mm (n 21 3) in the camera frame, NaN where missed, and sigma_mm.
        frames: show each picture so often, as a camera would; the last answer counts. 6 is the steady state.
        root: where the hands are put together: middle_mcp, wrist, or the palm centre of the papers.
        invariances: of the papers, any of T (compare relative to the root), S (scale to the true bone length) and H
            (the side is known to the model).
        convention: convention of the labels; handcam's joints are placed by it before they are compared.
        compare: score MediaPipe's own landmarks on the same pictures as well: where it is installed, never, or always.
        split: part of a data set, evaluation or training.
        circular: measure even against labels that are handcam's own estimates.
    """
    if dataset.startswith("nyu:"):
        return finish(_nyu(Path(dataset.removeprefix("nyu:")), tracker, model), out)
    letters = set(invariances.upper())
    if not letters <= set("TSH"):
        raise HandcamError(f"The invariances are any of the letters T, S and H, not {invariances!r}.")
    samples = open_dataset(dataset, **({} if split is None else {"split": split}))
    estimated_by = getattr(samples, "estimated_by", "")
    if estimated_by and not circular:
        raise HandcamError(
            f"The labels of {dataset} are estimates of {estimated_by}: measured against them handcam is only compared "
            "with itself. Correct them first, or add --circular."
        )
    if frames < 1:
        raise HandcamError("Each picture must be shown at least once: --frames 1.")
    methods = _methods(compare)
    found, how = _labelled(samples, tracker, model, len(methods) > 1, "H" in letters, out.limit, frames, convention)
    protocol = Protocol(root, "T" in letters, "S" in letters)
    figures = {name: summarise(found, protocol, k) for k, name in enumerate(methods)}
    if len(methods) > 1:
        figures["ratio"] = labelled.ratios(found, protocol)
    if save is not None:
        save.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {**labelled.arrays(found)}
        np.savez_compressed(save, **arrays)
    tables = labelled.tables(figures, f"{samples.name}: {len(found)} of {len(samples)} samples")
    ours = figures.pop("handcam")
    ours["settings"] = {
        "dataset": dataset, "split": split, "detector": tracker.detector, "modality": tracker.modality, "root": root,
        "invariances": invariances.upper(), "hand_length_mm": tracker.hand_length_mm, "frames": frames,
        "convention": convention, **how,
        **({"labels_estimated_by": estimated_by} if estimated_by else {}),
    }  # fmt: skip
    draw, size = sample_page(samples, found)
    return finish(Results(ours | ({"compare": figures} if figures else {}), tables, (), draw, size), out, plot)


def predictions(
    files: Positional[Annotated[tuple[InputFile, ...], arg(metavar="[FILE ...]")]] = (),
    /,
    *,
    dataset: Literal["nyu", "icvl", "msra"],
    truth: Annotated[tuple[InputFile, ...], arg(metavar="FILE [FILE ...]")],
    plot: OutFile = None,
    out: Measurement = Measurement(),
) -> None:
    """Score published predictions of depth benchmarks.

    Args:
        files: predictions to score.
        dataset: the benchmark.
        truth: the true labels; the files to score may follow.
        plot: write the share of frames within a bound to this PNG.
    """
    from handcam.lab.evaluate import published

    both = (*truth, *files)
    if len(both) < 2:
        raise HandcamError("Say which predictions: handcam evaluate predictions FILE ... --dataset nyu --truth TRUTH.")
    finish(published.compare(dataset, both[0], both[1:]), out, plot)


def clip(
    source: Positional[Annotated[str, arg(metavar="SOURCE")]],
    /,
    *,
    compare: Compared = "auto",
    tracker: TrackerOptions = TrackerOptions(),
    model: ModelOptions = ModelOptions(),
    out: Measurement = Measurement(),
) -> None:
    """Measure jitter, lag and bone lengths over a clip without labels.

    Args:
        source: a clip with one hand, such as video:FILE.
        compare: measure MediaPipe's own landmarks on the same frames as well: where installed, never, or always.
    """
    from handcam.lab.evaluate import clip as clip_quality
    from handcam.sources import SourceSettings, open_source

    with ExitStack() as stack:
        opened = stack.enter_context(closing(open_source(source, SourceSettings(realtime=False))))
        opened_tracker, _ = _open(stack, model, tracker.detector)
        names = _methods(compare)
        methods = [tracker_predictor(opened_tracker, replace(tracker.controls(), max_hands=1), stream=True)]
        if len(names) > 1:
            methods.append(_mediapipe(stack, max_hands=1, still=False))
        found = list(progress(records(clip_samples(opened, out.limit), *methods), getattr(opened, "length", None)))
    finish(clip_quality.summarise(found, names[1:], source), out)


def tracking(
    scenes: Positional[Annotated[tuple[str, ...], arg(metavar="[SCENE ...]")]] = (),
    /,
    *,
    tracker: TrackerOptions = TrackerOptions(),
    model: ModelOptions = ModelOptions(),
    out: Measurement = Measurement(),
) -> None:
    """Follow hands through rendered scenes: losses, false hands, swaps, sides.

    Args:
        scenes: some of the scenes; all by default.
    """
    from handcam.api import open_tracker
    from handcam.lab.evaluate import tracking as quality
    from handcam.lab.evaluate.scenes import SCENES, film

    for name in scenes:
        if name not in SCENES:
            raise HandcamError(f"There is no scene {name!r}; take some of {', '.join(SCENES)}.")
    chosen = scenes or tuple(SCENES)
    detector = quality.CountingDetector(load("handcam.detectors", tracker.detector).open())
    counts = {}
    with closing(open_tracker(model.weights, model.runtime, detector)) as opened:
        for name in progress(chosen, len(chosen)):
            opened.reset()
            counts[name] = quality.measure(film(name, frames=out.limit), opened, detector, tracker.controls())
        how = {"runtime": opened.runtime_name, "weights": opened.card.name, "detector": tracker.detector}
    figures = {name: quality.summary(found) for name, found in counts.items()}
    figures["all"] = quality.summary(quality.total(list(counts.values())))
    said = {"settings": how, "scenes": {name: SCENES[name].description for name in chosen}}
    finish(Results({**said, **figures}, (quality.table(figures),)), out)


def presence(
    source: Positional[Annotated[str | None, arg(metavar="SOURCE")]] = None,
    /,
    *,
    model: ModelOptions = ModelOptions(),
    out: Measurement = Measurement(),
) -> None:
    """Judge the score of a hand: does it say when the joints were not found?

    Args:
        source: a clip with one hand, such as video:FILE, to judge it on as well.
    """
    from handcam.api import open_runtime, open_tracker
    from handcam.lab.evaluate import presence as judged
    from handcam.sources import SourceSettings, open_source

    with closing(open_runtime(model.path(), model.runtime)) as opened:
        count, size = max(out.limit or 800, 100), opened.card.crop_px
        fitted, fresh = (judged.rendered_crops(opened.encode, count, size, None, seed) for seed in (1, 91))
        compared = {"rendered": judged.compare_scores(fitted, fresh)}
        if source is not None:
            with closing(open_source(source, SourceSettings(realtime=False))) as frames:
                tracker = open_tracker(None, opened, load("handcam.detectors", "palm").open())
                seen = judged.clip_crops(clip_samples(frames), tracker, opened.encode)
            compared["clip"] = judged.compare_scores(fitted, seen)
    finish(judged.summarise(compared), out)


KINDS = {"clip": clip, "detection": detection, "tracking": tracking, "presence": presence, "predictions": predictions}
"""Evaluations other than of a labelled data set, by word."""


def _methods(compare: Compared) -> tuple[str, ...]:
    """Names of the predictors."""
    beside = compare == "mediapipe" or (compare == "auto" and find_spec("mediapipe") is not None)
    return ("handcam", "mediapipe") if beside else ("handcam",)


def _labelled(
    samples: Dataset, options: TrackerOptions, model: ModelOptions, beside: bool, known_side: bool,
    limit: int | None, frames: int, joints: ConventionName,
) -> tuple[list[Record], dict[str, str]]:  # fmt: skip
    """Records of a labelled data set, and the weights and runtime that made them."""
    count = len(samples) if limit is None else min(limit, len(samples))
    indices = np.linspace(0, len(samples) - 1, count).round().astype(int).tolist()
    with ExitStack() as stack:
        tracker, labels = _open(stack, model, options.detector)
        methods = [tracker_predictor(tracker, options.controls(), labels, known_side, frames=frames, joints=joints)]
        if beside:
            methods.append(_mediapipe(stack, max_hands=2, still=frames == 1, frames=frames))
        found = list(progress(records(samples, *methods, indices=indices), count))
    return found, {"weights": tracker.card.name, "runtime": tracker.runtime_name, "drive": tracker.card.drive}


def _nyu(folder: Path, options: TrackerOptions, model: ModelOptions) -> Results:
    from handcam.lab.evaluate import nyu

    with ExitStack() as stack:
        tracker, labels = _open(stack, model, options.detector)
        return nyu.evaluate(folder, tracker_predictor(tracker, options.controls(), labels))


def _open(stack: ExitStack, model: ModelOptions, detector: str) -> "tuple[Tracker, LabelDetector | None]":
    """The app's own tracker; with boxes from the labels where that is asked for."""
    from handcam.api import open_tracker

    labels = LabelDetector() if detector == "labels" else None
    return stack.enter_context(closing(open_tracker(model.weights, model.runtime, labels or detector))), labels


def _mediapipe(stack: ExitStack, max_hands: int, still: bool, frames: int = 1) -> Predictor:
    from handcam.detectors import mediapipe

    return mediapipe_predictor(stack.enter_context(closing(mediapipe.open(max_hands, 0.5, still))), frames)
