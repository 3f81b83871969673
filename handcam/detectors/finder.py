"""Find hands in colour by the palm detector trained further: hands that hold things, seen from above, small, gloved.

The same net and the same boxes as :mod:`handcam.detectors.palm`, with weights from ``handcam train finder``.
"""

from handcam.detectors.palm import PalmDetector
from handcam.detectors.palm import open as open_palm
from handcam.paths import shipped

__all__ = ["LEAST_SCORE", "open"]

LEAST_SCORE = 0.5
"""Palms below this are passed over."""


def open(runtime: str = "auto", least_score: float = LEAST_SCORE) -> PalmDetector:
    """Load the detector.

    Args:
        runtime: a file of :mod:`handcam.runtimes`; ``auto`` is the fastest on the processor.
        least_score: palms below are passed over.

    Raises:
        WeightsError: the weights are missing or damaged.
    """
    return open_palm(shipped("weights/finder.safetensors"), runtime, least_score)
