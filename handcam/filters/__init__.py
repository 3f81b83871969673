"""What is done after the estimate. A file here is a refiner; it defines ``open() -> Refiner``."""

from typing import Protocol, runtime_checkable

from handcam.types import HandPose

__all__ = ["Refiner"]


@runtime_checkable
class Refiner(Protocol):
    """Improves the poses of **one** track from its past. A new track gets a new refiner."""

    def refine(self, pose: HandPose, time_ns: int) -> HandPose:
        """The refined pose of this moment.

        ``time_ns`` is of the device's clock where it has one, so that what is made of a file does not depend on how
        fast it is read; all times of one refiner are of the same clock.
        """
        ...
