"""Filters of poses: over time, and inverse kinematics. A file here is a filter; it defines ``open() -> Filter``."""

from typing import Protocol, runtime_checkable

from handcam.types import HandPose

__all__ = ["OVER_TIME", "Filter", "smoothing"]

OVER_TIME = ("one_euro", "motion")
"""Filters that smooth; one of them is enough."""


def smoothing(filters: tuple[str, ...], on: bool) -> tuple[str, ...]:
    """The names with or without the filter over time, which comes first: ``one_euro`` unless there is another."""
    over_time = tuple(name for name in filters if name in OVER_TIME) or OVER_TIME[:1]
    return (over_time if on else ()) + tuple(name for name in filters if name not in OVER_TIME)


@runtime_checkable
class Filter(Protocol):
    """Improves the poses of **one** track from its past. A new track gets a new filter."""

    def apply(self, pose: HandPose, time_ns: int) -> HandPose:
        """The refined pose of this moment.

        ``time_ns`` is of the device's clock where it has one, so that what is made of a file does not depend on how
        fast it is read; all times of one filter are of the same clock.
        """
        ...
