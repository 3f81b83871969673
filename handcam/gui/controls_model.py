"""What the user has set, between the widgets and the live pipeline."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QObject, Signal

from handcam.live import Live
from handcam.types import Controls, Posterior, Result

__all__ = ["Knobs"]


class Knobs(QObject):
    """Sets controls and tells every widget; knows where the latent of the hand shown is."""

    changed = Signal()
    """Controls or the shown latent's rules have changed."""

    def __init__(self, live: Live, latent: int) -> None:
        super().__init__()
        self._live = live
        self.latent = latent
        """Size of the latent space."""
        self.posterior: Posterior | None = None
        """Of the hand shown; None when no hand is in view."""
        self.side = ""
        """Which hand the latent panel shows."""
        self._random = np.random.default_rng()

    @property
    def controls(self) -> Controls:
        return self._live.controls

    def set(self, **changes: object) -> None:
        """Change some of the controls."""
        self._live.set_controls(replace(self._live.controls, **changes))
        self.changed.emit()

    def see(self, result: Result) -> None:
        """Take the posterior of the first hand; latents of another size than thought correct the size."""
        hand = result.hands[0] if result.hands else None
        self.posterior, self.side = (hand.posterior, hand.pose.side.value) if hand else (None, "")
        known = hand or result.explored
        if known is not None and len(known.z) != self.latent:
            self.latent = len(known.z)
            self.changed.emit()

    @property
    def frozen(self) -> bool:
        """Does the latent stand still instead of following the hand?"""
        return self.controls.latent is not None

    @property
    def base(self) -> Float[np.ndarray, " z"]:
        """The latent before offsets: set by the user, else the live mean, else the prior's mean."""
        latent = self.controls.latent
        if latent is not None and len(latent) == self.latent:
            return np.asarray(latent, float)
        if self.posterior is not None and len(self.posterior.mean) == self.latent:
            return np.asarray(self.posterior.mean, float)
        return np.zeros(self.latent)

    @property
    def offset(self) -> Float[np.ndarray, " z"]:
        """What the user adds."""
        offset = self.controls.offset
        return np.asarray(offset, float) if offset is not None and len(offset) == self.latent else np.zeros(self.latent)

    def put(self, dimension: int, value: float | None) -> None:
        """Move one dimension to a value by way of its offset; None takes the offset away."""
        offset = self.offset.copy()
        offset[dimension] = 0.0 if value is None else value - self.base[dimension]
        self.set(offset=offset.astype(np.float32) if offset.any() else None)

    def freeze(self, on: bool) -> None:
        """Hold the latent where it is, or let it follow the hand again."""
        self.set(latent=self.base.astype(np.float32) if on else None)

    def reset(self) -> None:
        """No offsets, follow the hand."""
        self.set(latent=None, offset=None)

    def sample(self) -> None:
        """A random pose from the prior, held until reset."""
        self.set(latent=self._random.standard_normal(self.latent).astype(np.float32), offset=None)
