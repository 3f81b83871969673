"""``handcam evaluate detection``: how many hands are found, and how many that are none."""

from contextlib import ExitStack, closing
from dataclasses import replace
from importlib.util import find_spec
from typing import Annotated

from tyro.conf import Positional, arg

from handcam.cli._measurement import Measurement, OutFile, finish, progress
from handcam.cli._options import Detector, ModelOptions
from handcam.lab.evaluate.pipeline import mediapipe_predictor, tracker_predictor
from handcam.types import Controls, HandcamError
from handcam.validation import Count

__all__ = ["detection"]

LEAST_SCORE = 0.05
"""Of the boxes on the curve."""


def detection(
    data: Positional[Annotated[tuple[str, ...], arg(metavar="DATA [DATA ...]")]],
    /,
    *,
    detector: Detector = "palm",
    frames: Count = 3,
    max_hands: Count = 4,
    mediapipe: bool = True,
    plot: OutFile = None,
    model: ModelOptions = ModelOptions(),
    out: Measurement = Measurement(),
) -> None:
    """Measure how many hands are found in pictures, and how many that are none.

    handcam evaluate detection FOLDER hand:FOLDER none:FOLDER --json OUT --plot OUT

    Args:
        data: FOLDER with boxes.json or YOLO's labels, hand:FOLDER whose pictures all show a hand, none:FOLDER without,
            or a labelled data set (folder:PATH, coco:FILE, synthetic).
        detector: how hands are found.
        frames: each picture is shown so often, as a camera would, and the last answer counts.
        max_hands: hands that are wanted.
        mediapipe: show them to MediaPipe too, where it is installed.
        plot: draw precision and recall to this PNG.
    """
    from handcam.api import open_tracker
    from handcam.detectors import palm
    from handcam.lab.evaluate.detection import evaluate, open_pictures

    if max_hands > 4:
        raise HandcamError("From 1 to 4 hands can be wanted.")
    pictures = open_pictures(data)
    if out.limit is not None and out.limit < len(pictures):
        pictures = [pictures[round(k * (len(pictures) - 1) / max(out.limit - 1, 1))] for k in range(out.limit)]
    with ExitStack() as stack:
        tracker = stack.enter_context(closing(open_tracker(model.path(), model.runtime, detector)))
        methods = {"handcam": tracker_predictor(tracker, replace(Controls(), max_hands=max_hands), frames=frames)}
        if mediapipe and find_spec("mediapipe") is not None:
            from handcam.detectors import mediapipe as theirs

            beside = stack.enter_context(closing(theirs.open(max_hands, 0.5, still=frames == 1)))
            methods["mediapipe"] = mediapipe_predictor(beside, frames)
        boxes = stack.enter_context(closing(palm.open(least_score=LEAST_SCORE))) if detector == "palm" else None
        results = evaluate(progress(pictures, len(pictures)), methods, boxes)
    finish(results, out, plot)
