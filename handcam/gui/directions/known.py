"""Directions of the latent space, measured through the decoder once for every page that shows them."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.directions.decode_requests import blocking_decoder
from handcam.live import Live
from handcam.model.embedding import ReferenceSet, read_reference_set
from handcam.model.latent.codes import code_directions, read_codes
from handcam.model.latent.directions import Direction, named_directions, principal_directions, raw_directions
from handcam.types import HandcamError

__all__ = ["KINDS", "KnownDirections"]

log = logging.getLogger(__name__)

KINDS = {
    "Principal": "Principal directions of the aggregate posterior, those that move the hand most first",
    "Named": "Directions along which hands have more of one parameter, by ridge regression; R² on held-out hands",
    "Codes": "One coordinate for each property, tied to it by a few labels (semi-supervised InfoGAN); the others stay",
    "Raw": "The dimensions of the latent themselves, those that move the hand most first",
}
"""Kinds of directions with their tooltips."""


class KnownDirections(QObject):
    """Finds the directions when they are first asked for; takes a third of a second of the decoder's time."""

    changed = Signal()
    """They are known, or it is known why there are none."""

    def __init__(self, live: Live, weights: Path, latent: int) -> None:
        super().__init__()
        self._live, self._weights, self._latent = live, weights, latent
        self._worker: BackgroundWorker | None = None
        self.known = False
        """Have they been looked for?"""
        self.references: ReferenceSet | None = None
        self.kinds: dict[str, list[Direction]] = {kind: [] for kind in KINDS}
        """By :data:`KINDS`; raw ones by how much they move the hand."""
        self.why = ""
        """Why there are none of some kind; empty where there are all."""

    def ask(self) -> None:
        """Look for them, beside the window; again when that has failed."""
        if self._worker is None:
            self._worker = BackgroundWorker()  # its own: it waits for the model
            self._worker.run(self._find, self._take, self._fail)

    def tick(self) -> None:
        """Take what was found."""
        if self._worker is not None:
            self._worker.deliver()

    def close(self) -> None:
        """The window closes."""
        if self._worker is not None:
            self._worker.close(0.05)

    def _find(self) -> tuple[ReferenceSet | None, Sequence[list[Direction]], str]:
        """Without a reference set there are the raw dimensions, and a sentence why there is no more."""
        decode = blocking_decoder(self._live)
        try:
            references = read_reference_set(self._weights)
        except HandcamError as error:
            prior = np.random.default_rng(0).standard_normal((24, self._latent))
            return None, ([], [], [], raw_directions(prior, decode)), str(error)
        raw = raw_directions(references.z["joints3d"], decode)
        try:
            codes = code_directions(read_codes(self._weights), references, decode)
        except HandcamError as error:  # not all weights have them
            log.info("%s", error)
            codes = []
        principal, named = principal_directions(references, decode), named_directions(references, decode)
        return references, (principal, named, codes, raw), ""

    def _take(self, found: tuple[ReferenceSet | None, Sequence[list[Direction]], str]) -> None:
        self.references, (*kinds, raw), self.why = found
        raw = sorted(raw, key=lambda direction: -direction.mm)
        self.kinds = dict(zip(KINDS, (*kinds, raw), strict=True))
        self.known = True
        self.changed.emit()

    def _fail(self, why: str) -> None:
        self.why, self.known, self._worker = why, True, None
        self.changed.emit()
