"""Explorer page: the latent space as an instrument. See ``docs/latent.md``."""

import time
from pathlib import Path

import numpy as np
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.directions.decode_requests import DecodeRequests, blocking_decoder
from handcam.gui.explorer.animation import FORMATS, FRAME_RATES, write_animation
from handcam.gui.explorer.directions_panel import DirectionsPanel
from handcam.gui.explorer.interpolation import DURATION_S, InterpolationPanel
from handcam.gui.explorer.modality_views import MODALITY_VIEWS, ModalityViews
from handcam.gui.explorer.neighbours import NeighboursPanel
from handcam.gui.explorer.presets import PresetsPanel
from handcam.gui.pages import Page, PageContext
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import as_panel, in_column, in_row
from handcam.model.embedding import ReferenceSet
from handcam.paths import presets_file
from handcam.types import HandcamError, Result

__all__ = ["ExplorerPage", "open"]

_LIVE_S = 1 / 15
"""Interval at which the views follow a live hand."""
_THUMBNAILS, _THUMBNAIL_PX = 5, 74
_LEAST_VIEWS = 160
"""Least height of the views, px."""
_MODALITIES = {"joints3d": "joint", "keypoints2d": "keypoint", "rgb": "colour", "depth": "depth"}
"""Modalities that are shown, with the names of their decoders."""


def open(context: PageContext) -> "ExplorerPage":
    """Make the page.

    Raises:
        HandcamError: the weights cannot be read.
    """
    if context.card is None:
        raise HandcamError("There are no weights to explore; the live page says what is wrong.")
    return ExplorerPage(context)


class ExplorerPage(Page):
    """One latent in every modality, sliders below, and on the right interpolation, neighbours and presets."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        assert context.card is not None
        self._context, self._card = context, context.card
        controls, actions = context.controls, context.actions
        self.controls = controls
        self.references: ReferenceSet | None = None
        self.queue = DecodeRequests(context.live, [m for m in _MODALITIES if m in self._card.decoders])
        self.views = ModalityViews()
        for name, (modality, _) in MODALITY_VIEWS.items():
            if modality not in self._card.decoders:
                self.views.views[name].missing = tr("These weights have no {0} decoder.", tr(_MODALITIES[modality]))
        self.directions = DirectionsPanel(controls, actions, self.queue, camera=not context.without_camera)
        self.interpolation = InterpolationPanel(controls, actions, self.queue)
        gain = self._card.calibration.get("fused", {}).get("gain", 1.0)
        row = _THUMBNAILS, _THUMBNAIL_PX
        self.neighbours = NeighboursPanel(controls, self.queue, gain, *row)
        self.neighbours.sampled.connect(lambda joints: self.views.show_decoded(self.views.decoded, joints))
        self.presets = PresetsPanel(controls, actions, self.queue, presets_file(), self._card.sha256, *row)
        self._worker = BackgroundWorker()  # its own: it waits for the model, and films take seconds
        self._requested_s = 0.0
        self._requested: np.ndarray | None = None
        self._right = as_panel(QWidget())
        self._right.setFixedWidth(_THUMBNAILS * (_THUMBNAIL_PX + 12) + 2 * STEP)
        self._right.setLayout(in_column(self.interpolation, self.neighbours, self.presets, None,
                                        spacing=STEP, margins=(2 * STEP, STEP, 2 * STEP, STEP)))  # fmt: skip
        below = in_row((self.directions, 1), self._right, spacing=STEP)
        self.setLayout(in_column(self.views, (below, 1), spacing=STEP, margins=(STEP, STEP, STEP, STEP)))
        menu = QMenu(self)
        for ending, name in FORMATS.items():
            menu.addAction(f"{name}…", lambda ending=ending: self._ask_export(ending))
        self.interpolation.export.setMenu(menu)
        self._connect_actions()
        context.directions.changed.connect(self._show_directions)
        if context.directions.known:
            self._show_directions()
        context.directions.ask()

    def _connect_actions(self) -> None:
        actions, history = self._context.actions, self.controls.history
        play = actions["play_interpolation"]
        actions.connect_triggers(
            self, undo=self.undo, redo=self.redo, capture_a=lambda: self.interpolation.capture(0),
            capture_b=lambda: self.interpolation.capture(1), save_preset=self.presets.ask_name,
            play_interpolation=lambda: self.interpolation.play(play.isChecked()),
        )  # fmt: skip
        for name, signal, possible in (
            ("undo", history.canUndoChanged, history.canUndo()), ("redo", history.canRedoChanged, history.canRedo()),
        ):  # fmt: skip
            actions[name].setEnabled(possible)
            signal.connect(actions[name].setEnabled)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Make the views square where there is room; what lies below them has its own least height."""
        super().resizeEvent(event)
        room = self.height() - 3 * STEP - self._right.minimumSizeHint().height()
        self.views.setFixedHeight(max(_LEAST_VIEWS, min(self.views.best_height(self.width() - 2 * STEP), room)))

    # ------------------------------------------------------------------------------------------------- loading
    def _show_directions(self) -> None:
        known = self._context.directions
        self.references = known.references
        self.directions.set_directions(known.kinds, known.why)
        self.neighbours.set_reference_set(self.references, tr("These weights have no known poses."))
        self._start_at_open_hand()

    def _start_at_open_hand(self) -> None:
        """Without a camera, start at an open hand: the middle of the space is the mean of all views, and no hand."""
        references = self.references
        if not self._context.without_camera or self.controls.edited or references is None:
            return
        values = dict(zip((name.partition(" [")[0] for name in references.names), references.parameters.T, strict=True))
        if {"open", "palm ahead"} <= set(values):
            self.controls.start_at(references.z["joints3d"][np.argmax(values["palm ahead"] + values["open"] / 90)])

    # ------------------------------------------------------------------------------------------------- showing
    def tick(self, result: Result | None) -> None:
        self._worker.deliver()
        self.interpolation.tick()
        self.presets.tick()
        now, z = time.monotonic(), self.controls.z
        moved = self._requested is None or not np.array_equal(z, self._requested)
        if moved and now - self._requested_s > (_LIVE_S if self.controls.following else 0.0):
            self._requested_s, self._requested = now, z.copy()
            self.queue.request(z)
        if self.queue.poll():
            self.views.show_decoded(self.queue.decoded)
            self.directions.show_pose(self.queue.decoded.get("joints3d"))
        self.neighbours.tick()
        self.directions.tick()

    def close_page(self) -> None:
        self._worker.close(0.05)

    def undo(self) -> None:
        """Go back to before the last move."""
        self.interpolation.play(False)
        self.controls.undo()

    def redo(self) -> None:
        """Do again what was undone."""
        self.interpolation.play(False)
        self.controls.redo()

    # ------------------------------------------------------------------------------------------------- export
    def _ask_export(self, ending: str) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, tr("Write the interpolation"), f"interpolation.{ending}", f"{FORMATS[ending]} (*.{ending})"
        )
        if path:
            self.export_interpolation(Path(path).with_suffix(f".{ending}"))

    def export_interpolation(self, out: Path) -> None:
        """Write the interpolation from A to B in the format of the file's ending, beside the window."""
        share = np.linspace(0, 1, round(DURATION_S * FRAME_RATES[out.suffix[1:]]))
        z = self.interpolation.latents(share).astype(np.float32)
        orbit, length_m = self.views.orbit, self.controls.state.hand_length_m

        def write() -> Path:
            decoded = {m: blocking_decoder(self._context.live, m)(z) for m in self.queue.modalities}
            return write_animation(out, z, decoded, orbit, length_m)

        self._context.show_message(tr("Writing {0}…", out.name))
        self._worker.run(
            write, lambda path: self._context.show_message(tr("Saved {0}", path)), self._context.show_message
        )
