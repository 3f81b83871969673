"""Poses that the user keeps: save, go to, delete."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QLabel, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from handcam.gui.explorer.decode_queue import Decoding
from handcam.gui.explorer.latent_state import Standing
from handcam.gui.explorer.thumbnails import Shelf
from handcam.model.latent.presets import Preset, Presets
from handcam.types import HandcamError

__all__ = ["PresetsShelf"]


class PresetsShelf(QWidget):
    """A row of presets, the newest first; those of other weights are pale and say so."""

    def __init__(
        self, standing: Standing, decoding: Decoding, path: Path, weights_sha256: str, count: int, size: int
    ) -> None:
        """
        Args:
            standing: what is saved, and what goes to a preset.
            decoding: for the thumbnails.
            path: the file of presets; it need not be there.
            weights_sha256: the weights that run.
            count: places in a row.
            size: edge of a thumbnail, px.
        """
        super().__init__()
        self._standing, self._decoding = standing, decoding
        self._path, self._sha256 = path, weights_sha256
        self._presets: Presets | None = None
        self._shown: list[Preset] = []
        self._first = 0
        self._stale = True
        self.title = QLabel("Presets")
        self.said = QLabel()
        self.said.setProperty("muted", True)
        self.save_button, self.more = QPushButton("Save"), QPushButton("More")
        self.save_button.setToolTip("Keep the pose shown under a name (Ctrl S)")
        self.more.setToolTip("Further presets")
        for button in (self.save_button, self.more):
            button.setProperty("solid", True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.save_button.clicked.connect(self.ask_name)
        self.more.clicked.connect(self._turn)
        self.shelf = Shelf(count, size, "Save keeps the pose shown; a right click on a preset deletes it.")
        self.shelf.setToolTip("Click to go there; right click to delete")
        self.shelf.picked.connect(self.load)
        self.shelf.asked.connect(self._ask_delete)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # however long the sentence
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.title)
        head.addSpacing(8)
        head.addWidget(self.said, 1)
        for button in (self.more, self.save_button):
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.shelf)
        self._read()

    def ask_name(self) -> None:
        """Ask for a name and save."""
        name, sure = QInputDialog.getText(self, "Save preset", "Name of this pose")
        if sure and name.strip():
            self.save(name)

    def save(self, name: str) -> None:
        """Keep the pose shown under this name; one of the same name is replaced."""
        self._try(lambda presets: presets.save(Preset(name, self._sha256, self._standing.z)))
        self._first = 0

    def delete(self, k: int) -> None:
        """Take a preset of the row away."""
        preset = self._shown[k]
        self._try(lambda presets: presets.delete(preset.name, preset.weights_sha256))

    def load(self, k: int) -> None:
        """Go to a preset of the row."""
        try:
            self._standing.go(self._shown[k].latent_of(self._sha256, self._standing.knobs.latent))
            self._say("")
        except HandcamError as error:
            self._say(str(error))

    def tick(self) -> None:
        """Draw the thumbnails when they are decoded."""
        if not self._stale:
            return
        mine = [k for k, preset in enumerate(self._shown) if self._fits(preset)]
        faint = [k for k in range(len(self._shown)) if k not in mine]
        if not mine:
            self._show(np.zeros((0, 21, 3), np.float32), mine, faint)
            self._stale = False
        elif self._decoding.batch(
            "presets", np.array([self._shown[k].z for k in mine]), lambda joints: self._show(joints, mine, faint)
        ):
            self._stale = False

    def _fits(self, preset: Preset) -> bool:
        return preset.weights_sha256 == self._sha256 and len(preset.z) == self._standing.knobs.latent

    def _show(self, joints: np.ndarray, mine: list[int], faint: list[int]) -> None:
        if len(self._shown) != len(mine) + len(faint) or len(joints) != len(mine):
            return  # asked before the last change
        hands = np.full((len(self._shown), 21, 3), np.nan, np.float32)  # what cannot be decoded is left empty
        hands[mine] = joints
        self.shelf.show_hands(hands, [preset.name for preset in self._shown], faint)

    def _read(self) -> None:
        try:
            self._presets = Presets(self._path)
            self._say("")
        except HandcamError as error:
            self._presets = None
            self._say(str(error))
        self._list()

    def _try(self, change) -> None:
        """Change the file as it is now; another window may have written it."""
        self._read()
        if self._presets is None:
            return
        try:
            change(self._presets)
        except HandcamError as error:
            self._say(str(error))
        self._list()

    def _list(self) -> None:
        every = self._presets.all()[::-1] if self._presets is not None else []
        every.sort(key=lambda preset: not self._fits(preset))
        self._first = self._first if self._first < len(every) else 0
        self._shown = every[self._first : self._first + self.shelf.count]
        self.more.setVisible(len(every) > self.shelf.count)
        self._stale = True

    def _turn(self) -> None:
        self._first += self.shelf.count
        self._list()

    def _ask_delete(self, k: int, at: QPointF) -> None:
        menu = QMenu(self)
        menu.addAction(f"Delete {self._shown[k].name}", lambda: self.delete(k))
        menu.exec(at.toPoint())

    def _say(self, what: str) -> None:
        self.said.setText(what)
        self.said.setToolTip(what)
