"""What lies around where one stands: hands of the atlas, and samples of the posterior (Spurr et al. figure 11)."""

import time

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from handcam.gui.explorer.decode_queue import Decoding
from handcam.gui.explorer.latent_state import Standing
from handcam.gui.explorer.thumbnails import Shelf
from handcam.gui.theme import STEP
from handcam.model.embedding import Atlas
from handcam.model.latent.interpolation import around, nearest

__all__ = ["Surroundings"]

_LOOK_S = 1 / 8
"""How often they follow."""
_SEED = 0
"""The same noise every time, so that samples move with the pose and do not flicker."""


class Surroundings(QWidget):
    """Two shelves; a click goes there."""

    sampled = Signal(object)
    """Joints of new samples, (n 21 3)."""

    def __init__(self, standing: Standing, decoding: Decoding, gain: float, count: int, size: int) -> None:
        """
        Args:
            standing: where one stands, and what goes elsewhere.
            decoding: for the samples.
            gain: by how much wider the posterior must be to hold the truth as often as it says.
            count: places on a shelf.
            size: edge of a thumbnail, px.
        """
        super().__init__()
        self._standing, self._decoding, self._gain = standing, decoding, gain
        self.atlas: Atlas | None = None
        self.near_z = self.samples_z = np.zeros((0, standing.knobs.latent))
        self._place: tuple | None = None
        self._looked_s = 0.0
        self.near = Shelf(count, size, "Loading the atlas…", words=False)
        self.near.setToolTip("Hands of the atlas whose latents lie nearest; click to go there")
        self.near.picked.connect(lambda k: self._go(self.near_z, k))
        self.samples = Shelf(count, size, words=False)
        self.samples.setToolTip("Poses drawn from the Gaussian around the pose shown; click to go there")
        self.samples.picked.connect(lambda k: self._go(self.samples_z, k))
        self.title, self.calibrated = QLabel(), QPushButton("Calibrated")
        self.calibrated.setCheckable(True)
        self.calibrated.setProperty("solid", True)
        self.calibrated.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.calibrated.setToolTip(f"{gain:.1f} times as wide: as far as the truth lies from the mean on other hands")
        self.calibrated.setVisible(gain > 1.0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(STEP // 2)
        layout.addWidget(QLabel("Nearest poses of the atlas"))
        layout.addWidget(self.near)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.calibrated)
        layout.addLayout(head)
        layout.addWidget(self.samples)

    def take(self, atlas: Atlas | None, why: str = "") -> None:
        """Have this atlas; None and a few words where there is none."""
        self.atlas, self._place = atlas, None
        if atlas is None:
            self.near.show_nothing(why)

    def tick(self) -> None:
        """Look around, if one stands elsewhere and it is time."""
        z, seen = self._standing.z, self._standing.knobs.posterior
        place = z.tobytes(), None if seen is None else seen.log_var.tobytes(), self.calibrated.isChecked()
        if place != self._place and time.monotonic() - self._looked_s > _LOOK_S:
            self._looked_s = time.monotonic()
            if self._look(z):
                self._place = place

    def _look(self, z: Float[np.ndarray, " z"]) -> bool:
        """False when the model was busy and must be asked again."""
        usual, atlas = None, self.atlas
        if atlas is not None and atlas.z["joints3d"].shape[1] == len(z):
            usual = atlas.variance.get("rgb", atlas.variance["joints3d"])
            found = nearest(z, atlas.z["joints3d"], self.near.count)
            self.near_z = atlas.z["joints3d"][found]
            self.near.show_hands(atlas.joints[found])
        gauss, live = self._standing.posterior(usual), self._standing.knobs.posterior is not None
        self.title.setText("Samples of the live posterior" if live else "Samples of a usual posterior")
        if gauss is None:
            return True
        wider = 2 * float(np.log(self._gain)) if self.calibrated.isChecked() else 0.0
        drawn = around(gauss.mean, gauss.log_var + wider, self.samples.count, _SEED)
        if not self._decoding.batch("samples", drawn, self._show_samples):
            return False
        self.samples_z = drawn
        return True

    def _show_samples(self, joints: Float[np.ndarray, "n 21 3"]) -> None:
        self.samples.show_hands(joints)
        self.sampled.emit(joints)

    def _go(self, among: Float[np.ndarray, "n z"], k: int) -> None:
        if k < len(among):
            self._standing.go(among[k])
