"""Measure how many hands are found: boxed pictures, labelled data sets, and pictures that show a hand or none.

Every picture is shown to a fresh start as often as asked, as a camera would show a still scene, and the last answer
counts. A hand is found when the mean of somebody's keypoints lies in its labelled box; a box counts once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from handcam.detectors.palm import PalmDetector
from handcam.lab.data import sets
from handcam.lab.data.boxed import BoxedPicture, picture_files, read_boxed
from handcam.lab.data.sets import Dataset, Sample, open_dataset
from handcam.lab.evaluate.pipeline import Prediction, Predictor
from handcam.lab.evaluate.results import INKS, Results, ResultTable
from handcam.pictures import read_picture
from handcam.plugins import names
from handcam.tracking.parts import WHOLE, distinct, parts_of
from handcam.types import Frame, HandcamError, Intrinsics, Side

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SIZES", "LabelledHands", "Picture", "evaluate", "open_pictures"]

SIZES = (0.0, 0.1, 0.2, 0.4)
"""Least longer edges of a box, shares of the picture's, of each class of size."""
FOV_RAD = np.pi / 3
"""Horizontal field of view that is assumed."""


@dataclass(frozen=True, slots=True)
class LabelledHands:
    """A picture that was read, with the hands that are labelled in it."""

    sample: Sample
    """The picture and its name."""
    boxes: Float[np.ndarray, "n 4"]
    """Left, top, right and bottom of each hand, px."""
    sides: tuple[Side | None, ...]
    """Which hand each is; None where the labels do not say."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and how to read it."""

    group: str
    """Name of the collection."""
    read: Callable[[], LabelledHands]
    """Reads it; a picture is not kept."""
    complete: bool = True
    """False where other hands may be in view."""
    shows_hand: bool | None = None
    """For pictures without boxes: does it show a hand? None where there are boxes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one method did on one picture."""

    picture: Picture
    """The picture."""
    found: np.ndarray
    """Mask of the labelled hands that were found (n)."""
    sizes: np.ndarray
    """Longer edge of their boxes, shares of the picture's (n)."""
    sided: tuple[bool, ...]
    """Of those found whose side is labelled: was it right?"""
    others: int
    """Hands that lie in no box."""


def open_pictures(sources: Sequence[str]) -> list[Picture]:
    """List the pictures of some folders and data sets.

    Args:
        sources: ``FOLDER`` with boxes; ``hand:FOLDER`` whose pictures all show a hand; ``none:FOLDER`` without hands;
            or a labelled data set, ``SCHEME:REST`` (``folder:PATH``, ``coco:FILE``, ``synthetic``), a hand at a time.

    Raises:
        HandcamError: a folder has no pictures or no labels.
    """
    out: list[Picture] = []
    for source in sources:
        kind, colon, rest = source.partition(":")
        if colon and kind in ("hand", "none"):
            blank = (BoxedPicture(path, np.zeros((0, 4))) for path in picture_files(Path(rest)))
            group = Path(rest).name
            out += [Picture(group, partial(_read_boxed, group, p), shows_hand=kind == "hand") for p in blank]
        elif kind in names(sets.__name__):
            data = open_dataset(source)
            out += [Picture(data.name, partial(_read_sample, data, i), complete=False) for i in range(len(data))]
        else:
            group = Path(source).name
            out += [Picture(group, partial(_read_boxed, group, p), p.complete) for p in read_boxed(Path(source))]
    if not out:
        raise HandcamError("Name pictures: FOLDER with boxes, hand:FOLDER, none:FOLDER, or a labelled data set.")
    return out


def _read_boxed(group: str, picture: BoxedPicture) -> LabelledHands:
    color = read_picture(picture.path)
    frame = Frame(0, 0, Intrinsics.from_fov(color.shape[1], color.shape[0], FOV_RAD), color)
    return LabelledHands(Sample(frame, f"{group}/{picture.path.name}"), picture.boxes, (None,) * len(picture.boxes))


def _read_sample(data: Dataset, index: int) -> LabelledHands:
    """One hand of a data set; its box is that of its keypoints, else the labelled one."""
    sample = data[index]
    keypoints, box = sample.picture_joints_px, sample.box
    if keypoints is not None:
        return LabelledHands(sample, np.concatenate([keypoints.min(0), keypoints.max(0)])[None], (sample.side,))
    if box is not None:
        half = box.size_px / 2
        return LabelledHands(sample, np.concatenate([box.centre_px - half, box.centre_px + half])[None], (sample.side,))
    return LabelledHands(sample, np.zeros((0, 4)), ())


def evaluate(
    pictures: Iterable[Picture], methods: Mapping[str, Predictor], detector: PalmDetector | None = None
) -> Results:
    """Show every picture to every method.

    Args:
        pictures: of :func:`open_pictures`.
        methods: predictors by name.
        detector: with a low least score, for the curve of precision and recall of its boxes alone; none without.
    """
    outcomes: dict[str, list[Outcome]] = {name: [] for name in methods}
    ranked: list[tuple[float, bool]] = []
    for picture in pictures:
        hands = picture.read()
        for name, predict in methods.items():
            outcomes[name].append(_outcome(picture, hands, predict(hands.sample)))
        if detector is not None and picture.shows_hand is not True and picture.complete:
            ranked += _ranked(hands, detector)
    figures: dict[str, Any] = {name: _figures(rows) for name, rows in outcomes.items()}
    if detector is not None and ranked:
        total = sum(len(row.found) for row in next(iter(outcomes.values())) if row.picture.complete)
        figures["boxes"] = _curve(ranked, total)
    return Results(figures, tuple(_tables(figures)), draw=lambda figure: _draw(figure, figures), size=(6.4, 4.6))


def _outcome(picture: Picture, hands: LabelledHands, predictions: Sequence[Prediction]) -> Outcome:
    """Give each hand found to the smallest box that holds its middle and is still free."""
    boxes, camera = hands.boxes, hands.sample.frame.intrinsics
    if picture.shows_hand is True:  # wherever it is; more than one may be in view
        return Outcome(picture, np.array([bool(predictions)]), np.full(1, np.nan), (), 0)
    found, others, sided = np.zeros(len(boxes), bool), 0, []
    extent = boxes[:, 2:] - boxes[:, :2]
    order = np.argsort(extent.prod(1))
    for prediction in predictions:
        centre = np.asarray(prediction.keypoints_px).mean(0)
        holds = [i for i in order if (boxes[i, :2] <= centre).all() and (centre <= boxes[i, 2:]).all()]
        free = [i for i in holds if not found[i]]
        if free:
            found[free[0]] = True
            if hands.sides[free[0]] is not None:
                sided.append(prediction.side is hands.sides[free[0]])
        elif not holds:
            others += 1
    sizes = extent.max(1, initial=0.0) / max(camera.width, camera.height)
    return Outcome(picture, found, sizes, tuple(sided), others)


def _figures(rows: Sequence[Outcome]) -> dict[str, Any]:
    """Recall by collection and size, sides, and false hands."""
    out: dict[str, Any] = {"recall": {}, "recall_by_size": {}, "sides": {}, "false_hands": {}}
    for group in dict.fromkeys(row.picture.group for row in rows):
        mine = [row for row in rows if row.picture.group == group]
        if len(hands := np.concatenate([row.found for row in mine])):
            out["recall"][group] = {"found": int(hands.sum()), "hands": len(hands), "share": float(hands.mean())}
        if sided := [right for row in mine for right in row.sided]:
            out["sides"][group] = {"hands": len(sided), "share": float(np.mean(sided))}
        sure = [row.others for row in mine if row.picture.complete and row.picture.shows_hand is not True]
        out["false_hands"][group] = {"hands": int(sum(sure)), "pictures": len(sure)}
    found = np.concatenate([row.found for row in rows]) if rows else np.zeros(0, bool)
    sizes = np.concatenate([row.sizes for row in rows]) if rows else np.zeros(0)
    known = np.isfinite(sizes)
    size = np.digitize(sizes, SIZES) - 1
    for i, least in enumerate(SIZES):
        if len(mine := found[known & (size == i)]):
            out["recall_by_size"][f"from {least:g}"] = {"hands": len(mine), "share": float(mine.mean())}
    return out


def _ranked(hands: LabelledHands, detector: PalmDetector) -> list[tuple[float, bool]]:
    """Score of every box in a picture, searched in all its parts, and whether it is a labelled hand's first."""
    frame = hands.sample.frame
    parts = [WHOLE, *parts_of(frame)]
    boxes = [box for part in parts for box in part.in_frame(detector.find(part.of(frame), 8))]
    boxes = distinct(sorted(boxes, key=lambda box: -box.score))
    taken: set[int] = set()
    out = []
    for box in boxes:
        # the square's middle lies at the knuckles
        holds = [
            i for i, (x0, y0, x1, y1) in enumerate(hands.boxes)
            if x0 <= box.centre_px[0] <= x1 and y0 <= box.centre_px[1] <= y1
        ]  # fmt: skip
        fresh = [i for i in holds if i not in taken]
        if fresh or not holds:
            out.append((box.score, bool(fresh)))
        taken.update(fresh[:1])
    return out


def _curve(ranked: list[tuple[float, bool]], total: int) -> dict[str, Any]:
    """Precision and recall of the boxes as the least score falls, and the mean of the precision."""
    ranked = sorted(ranked, reverse=True)
    hits = np.cumsum([hit for _, hit in ranked])
    precision, recall = hits / np.arange(1, len(ranked) + 1), hits / max(total, 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    average = float(np.sum(best * np.diff(recall, prepend=0.0)))
    score = [score for score, _ in ranked]
    return {"average_precision": average, "score": score, "precision": precision.tolist(), "recall": recall.tolist()}


def _tables(figures: Mapping[str, Any]) -> Iterator[ResultTable]:
    methods = [name for name in figures if name != "boxes"]
    first = figures[methods[0]]

    def text(row: Mapping[str, Any] | None) -> str:
        return "-" if row is None else f"{row['share']:.3f}"

    groups = [(g, str(r["hands"]), *(text(figures[m]["recall"].get(g)) for m in methods))
              for g, r in first["recall"].items()]  # fmt: skip
    sizes = [(f"size {s}", str(r["hands"]), *(text(figures[m]["recall_by_size"].get(s)) for m in methods))
             for s, r in first["recall_by_size"].items()]  # fmt: skip
    yield ResultTable(("found", "hands", *methods), [*groups, *sizes], "share of hands found")
    if any(figures[m]["sides"] for m in methods):
        sides = [(g, *(text(figures[m]["sides"].get(g)) for m in methods)) for g in first["recall"]]
        yield ResultTable(("sides", *methods), sides, "share of the hands found whose side is right, where labelled")
    false = [(g, str(r["pictures"]), *(str(figures[m]["false_hands"][g]["hands"]) for m in methods))
             for g, r in first["false_hands"].items() if r["pictures"]]  # fmt: skip
    if false:
        yield ResultTable(("false hands", "pictures", *methods), false, "hands where there is no box")
    if "boxes" in figures:
        average = figures["boxes"]["average_precision"]
        yield ResultTable(("boxes alone", "average precision"), [("all parts", f"{average:.3f}")])


def _draw(figure: "Figure", figures: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    if "boxes" in figures:
        axes.plot(
            figures["boxes"]["recall"], figures["boxes"]["precision"], color=INKS[0], label="boxes of the detector"
        )
    for ink, (name, row) in zip(INKS[1:], ((n, f) for n, f in figures.items() if n != "boxes"), strict=False):
        hands = list(row["recall"].values())
        found, total = sum(r["found"] for r in hands), sum(r["hands"] for r in hands)
        false = sum(r["hands"] for r in row["false_hands"].values())
        if total and found:
            axes.plot([found / total], [found / (found + false)], "o", color=ink, label=f"{name}, hands as tracked")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(loc="lower left")
