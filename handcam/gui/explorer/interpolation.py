"""Two poses and the way between them: capture, scrub, play, write as an animation."""

import time

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from handcam.gui.explorer.animation import FORMATS
from handcam.gui.explorer.decode_queue import Decoding
from handcam.gui.explorer.interpolation_strip import HANDS, Strip
from handcam.gui.explorer.latent_state import Standing
from handcam.gui.menu_button import MenuButton
from handcam.model.latent.interpolation import linear, spherical

__all__ = ["WALK_S", "Walk"]

WALK_S = 3.0
"""Seconds from A to B when the walk is played."""
_WAYS = {"linear": linear, "spherical": spherical}


class Walk(QWidget):
    """The walk from A to B."""

    def __init__(self, standing: Standing, decoding: Decoding) -> None:
        super().__init__()
        self._standing, self._decoding = standing, decoding
        self.ends: list[np.ndarray | None] = [None, None]
        self._began_s: float | None = None
        self._stale = False
        self._placed: np.ndarray | None = None
        self.strip = Strip()
        self.strip.scrubbed.connect(lambda share: self._scrub(share))
        self.strip.held.connect(lambda on: standing.hold(on))
        self.a, self.b = (self._button(name, f"Take the pose shown as {name} ({name})") for name in "AB")
        self.a.clicked.connect(lambda: self.capture(0))
        self.b.clicked.connect(lambda: self.capture(1))
        self.way = MenuButton("Way", 128, "Straight, or along the great circle that keeps the norm")
        for name in _WAYS:
            self.way.menu().addAction(name, lambda name=name: self.take_way(name))
        self.way.show_value("linear")
        self.play_button = self._button("Play", "Walk from A to B and back (W)")
        self.play_button.setCheckable(True)
        self.play_button.clicked.connect(lambda on: self.play(on))
        self.export = QPushButton("Export")
        self.export.setProperty("solid", True)
        self.export.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.export.setToolTip("Write the walk as an animation: " + ", ".join(FORMATS.values()))
        title = QLabel("Walk")
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.setSpacing(6)
        head.addWidget(title)
        head.addSpacing(8)
        for part in (self.a, self.b):
            head.addWidget(part)
        head.addStretch(1)
        for part in (self.way, self.play_button, self.export):
            head.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.strip)
        self._follow()

    @staticmethod
    def _button(name: str, tip: str) -> QPushButton:
        button = QPushButton(name)
        button.setProperty("solid", True)
        button.setToolTip(tip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    @property
    def there(self) -> bool:
        """Are both ends captured?"""
        return all(end is not None and len(end) == self._standing.knobs.latent for end in self.ends)

    def latents(self, share: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n z"]:
        """The latents at these shares of the way."""
        a, b = self.ends
        assert a is not None  # asked only when both are there
        assert b is not None
        return _WAYS[self.way.value](a, b, share)

    def capture(self, end: int) -> None:
        """Take the pose shown as A (0) or B (1)."""
        self.ends[end] = self._standing.z.copy()
        self._stale = True
        self._follow()

    def take_way(self, name: str) -> None:
        """``linear`` or ``spherical``."""
        self.way.show_value(name)
        self._stale = True

    def play(self, on: bool) -> None:
        """Walk to and fro, or stop."""
        self._began_s = None if not on or not self.there else time.monotonic()
        self._follow()

    def stop(self) -> None:
        """Stand still where one is."""
        self.play(False)

    def tick(self) -> None:
        """Go on with what is played; bring the strip up to date."""
        if self._stale and self.there:
            way = self.latents(np.linspace(0, 1, HANDS))
            if self._decoding.batch("walk", way, self.strip.show_way):
                self._stale = False
        if self._began_s is not None:
            turn = (time.monotonic() - self._began_s) / WALK_S % 2.0
            self._scrub(turn if turn <= 1.0 else 2.0 - turn, played=True)
        elif self._placed is not None and not np.allclose(self._standing.z, self._placed, atol=1e-5):
            self._placed = None
            self.strip.show_at(None)

    def _scrub(self, share: float, played: bool = False) -> None:
        if not self.there:
            return
        if not played and self._began_s is not None:
            self.stop()
        z = self.latents(np.array([share]))[0]
        self._standing.stroll(z)
        self._placed = self._standing.z.copy()
        self.strip.show_at(share)

    def _follow(self) -> None:
        """Bring buttons and words to what is so."""
        for button in (self.play_button, self.export):
            button.setEnabled(self.there)
        self.play_button.setChecked(self._began_s is not None)
        have = [name for name, end in zip("AB", self.ends, strict=True) if end is not None]
        self.strip.hint = {
            (): "Press A, go to another pose, press B", ("A",): "A is taken: go to another pose and press B",
            ("B",): "B is taken: go to another pose and press A",
        }.get(tuple(have), "")  # fmt: skip
        if not self.there:
            self.strip.show_way(None)
        self.strip.update()
