"""Poses around the one shown: the nearest known ones, and samples of the posterior (Spurr et al. figure 11)."""

import time

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from handcam.gui.controls_model import ControlsModel
from handcam.gui.directions.decode_requests import DecodeRequests
from handcam.gui.explorer.thumbnails import ThumbnailRow
from handcam.gui.style.language import tr
from handcam.gui.style.theme import STEP
from handcam.gui.style.widgets import button, in_column, in_row
from handcam.model.embedding import ReferenceSet
from handcam.model.latent.interpolation import around, nearest

__all__ = ["NeighboursPanel"]

_UPDATE_S = 1 / 8
"""Interval at which they follow."""
_SEED = 0
"""The same noise every time, so that samples move with the pose and do not flicker."""


class NeighboursPanel(QWidget):
    """Two rows of thumbnails; a click goes there."""

    sampled = Signal(object)
    """Joints of new samples, (n 21 3)."""

    def __init__(self, controls: ControlsModel, queue: DecodeRequests, gain: float, count: int, size: int) -> None:
        """
        Args:
            controls: the latent shown.
            queue: decodes the samples.
            gain: factor on the posterior's width for its coverage to be right.
            count: thumbnails in a row.
            size: edge of a thumbnail, px.
        """
        super().__init__()
        self._controls, self._queue, self._gain = controls, queue, gain
        self.references: ReferenceSet | None = None
        self.near_z = self.samples_z = np.zeros((0, controls.latent_size))
        self._shown_for: tuple[bytes, bytes | None, bool] | None = None
        self._updated_s = 0.0
        self.near = ThumbnailRow(count, size, tr("Loading known poses…"), names=False)
        self.near.setToolTip(tr("Known hands whose latents lie nearest; click to go there"))
        self.near.picked.connect(lambda k: self._go_to(self.near_z, k))
        self.samples = ThumbnailRow(count, size, names=False)
        self.samples.setToolTip(tr("Poses drawn from the Gaussian around the pose shown; click to go there"))
        self.samples.picked.connect(lambda k: self._go_to(self.samples_z, k))
        tip = tr("{0:.1f} times as wide: as far as the truth lies from the mean on other hands", gain)
        self.title, self.calibrated = QLabel(), button("Calibrated", tip, checkable=True)
        self.calibrated.setVisible(gain > 1.0)
        head = in_row((self.title, 1), self.calibrated)
        self.setLayout(in_column(QLabel(tr("Nearest known poses")), self.near, head, self.samples, spacing=STEP // 2))

    def set_reference_set(self, references: ReferenceSet | None, why: str = "") -> None:
        """Search this reference set; None, and why, where there is none."""
        self.references, self._shown_for = references, None
        if references is None:
            self.near.show_nothing(why)

    def tick(self) -> None:
        """Search again, if the latent has moved and it is time."""
        z, posterior = self._controls.z, self._controls.posterior
        key = z.tobytes(), None if posterior is None else posterior.log_var.tobytes(), self.calibrated.isChecked()
        if key != self._shown_for and time.monotonic() - self._updated_s > _UPDATE_S:
            self._updated_s = time.monotonic()
            if self._update(z):
                self._shown_for = key

    def _update(self, z: Float[np.ndarray, " z"]) -> bool:
        """False when the model was busy and must be asked again."""
        usual, references = None, self.references
        if references is not None and references.z["joints3d"].shape[1] == len(z):
            usual = references.variance.get("rgb", references.variance["joints3d"])
            found = nearest(z, references.z["joints3d"], self.near.count)
            self.near_z = references.z["joints3d"][found]
            self.near.show_hands(references.joints[found])
        gaussian, live = self._controls.posterior_around(usual), self._controls.posterior is not None
        self.title.setText(tr("Samples of the live posterior") if live else tr("Samples of a usual posterior"))
        if gaussian is None:
            return True
        wider = 2 * float(np.log(self._gain)) if self.calibrated.isChecked() else 0.0
        drawn = around(gaussian.mean, gaussian.log_var + wider, self.samples.count, _SEED)
        if not self._queue.request_joints("samples", drawn, self._show_samples):
            return False
        self.samples_z = drawn
        return True

    def _show_samples(self, joints: Float[np.ndarray, "n 21 3"]) -> None:
        self.samples.show_hands(joints)
        self.sampled.emit(joints)

    def _go_to(self, among: Float[np.ndarray, "n z"], k: int) -> None:
        if k < len(among):
            self._controls.go_to(among[k])
