"""Measure how many hands are found: boxed pictures, pictures that all show a hand, and pictures without hands.

Every picture is shown to a fresh start as often as asked, as a camera would show a still scene, and the last answer
counts. A hand is found when the mean of somebody's keypoints lies in its labelled box; a box counts once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from handcam.detectors.palm import PalmDetector
from handcam.lab.data.boxed import BoxedPicture, picture_files, read_boxed
from handcam.lab.data.sets import Sample
from handcam.lab.evaluate.pipeline import Predictor
from handcam.lab.evaluate.results import INKS, Results, ResultTable
from handcam.pictures import read_picture
from handcam.tracking.parts import WHOLE, distinct, parts_of
from handcam.types import Frame, HandcamError, Intrinsics

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SIZES", "Picture", "evaluate", "open_pictures"]

SIZES = (0.0, 0.1, 0.2, 0.4)
"""Least longer edges of a box, shares of the picture's, of each class of size."""
FOV_RAD = np.pi / 3
"""Horizontal field of view that is assumed."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with what is known of its hands."""

    labels: BoxedPicture
    """File and boxes."""
    group: str
    """Name of the collection."""
    shows_hand: bool | None = None
    """For pictures without boxes: does it show a hand? None where there are boxes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one method made of one picture."""

    found: np.ndarray
    """Mask of the labelled hands that were found (n)."""
    others: int
    """Hands that lie in no box."""


def open_pictures(sources: Sequence[str]) -> list[Picture]:
    """Read ``FOLDER`` with boxes, ``hand:FOLDER`` whose pictures all show a hand, or ``none:FOLDER`` without hands.

    Raises:
        HandcamError: a folder has no pictures or no labels.
    """
    out: list[Picture] = []
    for source in sources:
        kind, colon, rest = source.partition(":")
        if not colon or kind not in ("hand", "none"):
            out += [Picture(labels, Path(source).name) for labels in read_boxed(Path(source))]
        else:
            paths = picture_files(Path(rest))
            out += [
                Picture(BoxedPicture(path, np.zeros((0, 4))), Path(rest).name, kind == "hand") for path in paths
            ]  # fmt: skip
    if not out:
        raise HandcamError("Name folders of pictures: FOLDER with boxes, hand:FOLDER or none:FOLDER.")
    return out


def evaluate(
    pictures: Iterable[Picture], methods: Mapping[str, Predictor], detector: PalmDetector | None = None
) -> Results:
    """Show every picture to every method.

    Args:
        pictures: of :func:`open_pictures`.
        methods: predictors by name.
        detector: with a low least score, for the curve of precision and recall of its boxes alone; none without.
    """
    outcomes: dict[str, list[tuple[Picture, Sample, Outcome]]] = {name: [] for name in methods}
    ranked: list[tuple[float, bool]] = []
    for picture in pictures:
        sample = _sample(picture)
        for name, predict in methods.items():
            centres = [np.asarray(hand.keypoints_px).mean(0) for hand in predict(sample)]
            outcomes[name].append((picture, sample, _outcome(picture, centres)))
        if detector is not None and picture.shows_hand is not True and picture.labels.complete:
            ranked += _ranked(picture, sample.frame, detector)
    figures: dict[str, Any] = {name: _figures(rows) for name, rows in outcomes.items()}
    if detector is not None and ranked:
        first = next(iter(outcomes.values()))
        total = sum(len(p.labels.boxes) for p, _, _ in first if p.labels.complete)
        figures["boxes"] = _curve(ranked, total)
    return Results(figures, tuple(_tables(figures)), draw=lambda figure: _draw(figure, figures), size=(6.4, 4.6))


def _sample(picture: Picture) -> Sample:
    color = read_picture(picture.labels.path)
    height, width = color.shape[:2]
    frame = Frame(0, 0, Intrinsics.from_fov(width, height, FOV_RAD), color)
    return Sample(frame, f"{picture.group}/{picture.labels.path.name}")


def _outcome(picture: Picture, centres: Sequence[Float[np.ndarray, " 2"]]) -> Outcome:
    """Give each hand found to the smallest box that holds its middle and is still free."""
    boxes = picture.labels.boxes
    if picture.shows_hand is True:  # wherever it is; more than one may be in view
        return Outcome(np.array([bool(centres)]), 0)
    found, others = np.zeros(len(boxes), bool), 0
    order = np.argsort((boxes[:, 2:] - boxes[:, :2]).prod(1)) if len(boxes) else []
    for centre in centres:
        holds = [i for i in order if (boxes[i, :2] <= centre).all() and (centre <= boxes[i, 2:]).all()]
        free = [i for i in holds if not found[i]]
        if free:
            found[free[0]] = True
        elif not holds:
            others += 1
    return Outcome(found, others)


def _figures(rows: Sequence[tuple[Picture, Sample, Outcome]]) -> dict[str, Any]:
    """Recall by collection and size, and false hands."""
    out: dict[str, Any] = {"recall": {}, "recall_by_size": {}, "false_hands": {}}
    for group in dict.fromkeys(picture.group for picture, _, _ in rows):
        mine = [(p, o) for p, _, o in rows if p.group == group]
        hands = np.concatenate([o.found for _, o in mine])
        if len(hands):
            out["recall"][group] = {"found": int(hands.sum()), "hands": len(hands), "share": float(hands.mean())}
        sure = [o.others for p, o in mine if p.labels.complete and p.shows_hand is not True]
        out["false_hands"][group] = {"hands": int(sum(sure)), "pictures": len(sure)}
    shares, found = [], []
    for picture, sample, outcome in rows:
        if picture.shows_hand is None:
            k = sample.frame.intrinsics
            edges = (picture.labels.boxes[:, 2:] - picture.labels.boxes[:, :2]).max(1) / max(k.width, k.height)
            shares.append(edges)
            found.append(outcome.found)
    if shares:
        size, hit = np.digitize(np.concatenate(shares), SIZES) - 1, np.concatenate(found)
        for i, least in enumerate(SIZES):
            if (size == i).any():
                name = f"from {least:g}"
                out["recall_by_size"][name] = {"hands": int((size == i).sum()), "share": float(hit[size == i].mean())}
    return out


def _ranked(picture: Picture, frame: Frame, detector: PalmDetector) -> list[tuple[float, bool]]:
    """Score of every box in a picture, searched in all its parts, and whether it is a labelled hand's first."""
    parts = [WHOLE, *parts_of(frame)]
    boxes = [box for part in parts for box in part.in_frame(detector.find(part.of(frame), 8))]
    boxes = distinct(sorted(boxes, key=lambda box: -box.score))
    taken: set[int] = set()
    out = []
    for box in boxes:
        # the square's middle lies at the knuckles
        holds = [
            i for i, (x0, y0, x1, y1) in enumerate(picture.labels.boxes)
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


def _tables(figures: Mapping[str, Any]) -> Iterable[ResultTable]:
    methods = [name for name in figures if name != "boxes"]
    first = figures[methods[0]]

    def text(row: Mapping[str, Any] | None) -> str:
        return "-" if row is None else f"{row['share']:.3f}"

    groups = [(g, str(r["hands"]), *(text(figures[m]["recall"].get(g)) for m in methods))
              for g, r in first["recall"].items()]  # fmt: skip
    sizes = [(f"size {s}", str(r["hands"]), *(text(figures[m]["recall_by_size"].get(s)) for m in methods))
             for s, r in first["recall_by_size"].items()]  # fmt: skip
    yield ResultTable(("found", "hands", *methods), [*groups, *sizes], "share of hands found")
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
