"""Presets panel: poses that the user keeps; save, go to, delete."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QInputDialog, QLabel, QMenu, QSizePolicy, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.decode_requests import DecodeRequests
from handcam.gui.explorer.thumbnails import ThumbnailRow
from handcam.gui.style.language import tr
from handcam.gui.style.widgets import ActionButton, button, in_column, in_row, muted
from handcam.model.latent.presets import Preset, Presets
from handcam.types import HandcamError

__all__ = ["PresetsPanel"]


class PresetsPanel(QWidget):
    """A row of presets, the newest first; those of other weights are pale and say so."""

    def __init__(
        self, controls: ControlsModel, actions: ActionRegistry, queue: DecodeRequests, path: Path, weights_sha256: str,
        count: int, size: int,
    ) -> None:  # fmt: skip
        """
        Args:
            controls: the latent shown.
            actions: ``save_preset`` has its button here.
            queue: decodes the thumbnails.
            path: the file of presets; it need not be there.
            weights_sha256: the weights that run.
            count: thumbnails in the row.
            size: edge of a thumbnail, px.
        """
        super().__init__()
        self._controls, self._queue = controls, queue
        self._path, self._sha256 = path, weights_sha256
        self._presets: Presets | None = None
        self._shown: list[Preset] = []
        self._first = 0
        self._stale = True
        self.problem = muted()
        self.problem.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # however long it is
        self.more = button("More", "Further presets")
        self.more.clicked.connect(self._show_more)
        self.row = ThumbnailRow(count, size, tr("Save keeps the pose shown; a right click on a preset deletes it."))
        self.row.setToolTip(tr("Click to go there; right click to delete"))
        self.row.picked.connect(self.load)
        self.row.context_requested.connect(self._ask_delete)
        save = ActionButton(actions["save_preset"], solid=True)
        head = in_row(QLabel(tr("Presets")), 8, (self.problem, 1), self.more, save)
        self.setLayout(in_column(head, self.row, spacing=4))
        self.reload()

    def ask_name(self) -> None:
        """Ask for a name and save."""
        name, sure = QInputDialog.getText(self, tr("Save preset"), tr("Name of this pose"))
        if sure and name.strip():
            self.save(name)

    def save(self, name: str) -> None:
        """Keep the pose shown under this name; one of the same name is replaced."""
        self._try(lambda presets: presets.save(Preset(name, self._sha256, self._controls.z)))
        self._first = 0

    def delete(self, k: int) -> None:
        """Delete a preset of the row."""
        preset = self._shown[k]
        self._try(lambda presets: presets.delete(preset.name, preset.weights_sha256))

    def load(self, k: int) -> None:
        """Go to a preset of the row."""
        try:
            self._controls.go_to(self._shown[k].latent_of(self._sha256, self._controls.latent_size))
            self._show_problem("")
        except HandcamError as error:
            self._show_problem(str(error))

    def tick(self) -> None:
        """Draw the thumbnails when they are decoded."""
        if not self._stale:
            return
        mine = [k for k, preset in enumerate(self._shown) if self._fits(preset)]
        faint = [k for k in range(len(self._shown)) if k not in mine]
        if not mine:
            self._show(np.zeros((0, 21, 3), np.float32), mine, faint)
            self._stale = False
        elif self._queue.request_joints(
            "presets", np.array([self._shown[k].z for k in mine]), lambda joints: self._show(joints, mine, faint)
        ):
            self._stale = False

    def _fits(self, preset: Preset) -> bool:
        return preset.weights_sha256 == self._sha256 and len(preset.z) == self._controls.latent_size

    def _show(self, joints: np.ndarray, mine: list[int], faint: list[int]) -> None:
        if len(self._shown) != len(mine) + len(faint) or len(joints) != len(mine):
            return  # asked before the last change
        hands = np.full((len(self._shown), 21, 3), np.nan, np.float32)  # what cannot be decoded is left empty
        hands[mine] = joints
        self.row.show_hands(hands, [preset.name for preset in self._shown], faint)

    def reload(self) -> None:
        """Read the file again."""
        try:
            self._presets = Presets(self._path)
            self._show_problem("")
        except HandcamError as error:
            self._presets = None
            self._show_problem(str(error))
        self._list()

    def _try(self, change: Callable[[Presets], object]) -> None:
        """Change the file as it is now; another window may have written it."""
        self.reload()
        if self._presets is None:
            return
        try:
            change(self._presets)
        except HandcamError as error:
            self._show_problem(str(error))
        self._list()

    def _list(self) -> None:
        every = self._presets.all()[::-1] if self._presets is not None else []
        every.sort(key=lambda preset: not self._fits(preset))
        self._first = self._first if self._first < len(every) else 0
        self._shown = every[self._first : self._first + self.row.count]
        self.more.setVisible(len(every) > self.row.count)
        self._stale = True

    def _show_more(self) -> None:
        self._first += self.row.count
        self._list()

    def _ask_delete(self, k: int, at: QPointF) -> None:
        menu = QMenu(self)
        menu.addAction(tr("Delete {0}", self._shown[k].name), lambda: self.delete(k))
        menu.exec(at.toPoint())

    def _show_problem(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setToolTip(problem)
