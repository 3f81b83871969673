"""Pages of the window beside Live. A file here is a page: ``map.py`` is Map. It defines ``open(desk) -> Page``.

A page is made when it is first visited, and only the page that is seen costs anything. What it shows of the latent
space it takes from ``desk.knobs`` and sets there, so that all pages and the live hand are always at the same place:
``desk.knobs.set(latent=z, offset=None)`` goes to ``z``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QWidget

from handcam.gui.background_worker import Errands
from handcam.gui.controls_model import Knobs
from handcam.live import Live
from handcam.model.weights import WeightsCard
from handcam.types import Result

__all__ = ["Desk", "Page"]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page gets."""

    live: Live
    """The pipeline; ``live.decode(modality, z)`` decodes without blocking."""
    knobs: Knobs
    """What the user has set, and the posterior of the hand shown."""
    weights: Path
    """The safetensors file."""
    card: WeightsCard | None
    """Of the weights; None when they cannot be read."""
    errands: Errands
    """What takes long is done there, beside the window."""
    say: Callable[[str], object]
    """Show one sentence in the status line for a while."""
    alone: bool = False
    """No camera runs and no hand will come."""


class Page(QWidget):
    """A page of the window."""

    def tick(self, result: Result | None) -> None:
        """Called every few milliseconds while the page is seen; must not wait.

        Args:
            result: the newest result, the first time it is there; None when there is no newer one.
        """

    def close_page(self) -> None:
        """The window closes."""
