"""Where the user stands in the latent space, how he came there, and what surrounds him."""

import time

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QObject

from handcam.gui.controls_model import Knobs
from handcam.model.latent.history import History
from handcam.types import Posterior

__all__ = ["Standing"]

_STROKE_S = 0.4
"""Moves that follow each other faster than this are one stroke, undone together."""

State = tuple[np.ndarray | None, np.ndarray | None]


class Standing(QObject):
    """The latent shown: the live mean, or what was set, and offsets; with a way back."""

    def __init__(self, knobs: Knobs) -> None:
        super().__init__()
        self.knobs = knobs
        self._history: History[State] = History(self._state())
        self._moved_s, self._stroke = -1e9, 0
        self._travelling = self._held = self._strolling = False
        knobs.changed.connect(self._remember)

    @property
    def z(self) -> Float[np.ndarray, " z"]:
        """The latent shown."""
        return self.knobs.base + self.knobs.offset

    @property
    def live(self) -> bool:
        """Does it follow a hand?"""
        return not self.knobs.frozen and self.knobs.posterior is not None

    def posterior(self, usual: Float[np.ndarray, " z"] | None) -> Posterior | None:
        """The Gaussian around :attr:`z`: as wide as the live posterior, or else as the ``usual`` variance."""
        seen = self.knobs.posterior
        if seen is not None and len(seen.mean) == self.knobs.latent:
            return Posterior(self.z.astype(np.float32), seen.log_var)
        if usual is None:
            return None
        return Posterior(self.z.astype(np.float32), np.log(np.maximum(usual, 1e-6)).astype(np.float32))

    def begin(self, z: Float[np.ndarray, " z"]) -> None:
        """Stand at ``z``; there is nothing before it to come back to."""
        self._travelling = True
        self.knobs.set(latent=np.asarray(z, np.float32), offset=None)
        self._travelling = False
        self._history = History(self._state())
        self.knobs.changed.emit()

    def go(self, z: Float[np.ndarray, " z"]) -> None:
        """Stand at ``z`` and stay there, whatever the hand does."""
        self.knobs.set(latent=np.asarray(z, np.float32), offset=None)

    def stroll(self, z: Float[np.ndarray, " z"]) -> None:
        """The same as one of many small steps."""
        self._strolling = True
        self.go(z)
        self._strolling = False

    def hold(self, on: bool) -> None:
        """A drag begins or ends: whatever moves between the two is one stroke."""
        self._held = on
        self._stroke += 1

    def shift(self, z: Float[np.ndarray, " z"]) -> None:
        """Stand at ``z`` by way of an offset: a hand that is followed is followed on, that far from it."""
        offset = np.asarray(z - self.knobs.base, np.float32)
        self.knobs.set(offset=offset if np.abs(offset).max() > 1e-6 else None)

    @property
    def can_undo(self) -> bool:
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        return self._history.can_redo

    def undo(self) -> None:
        """Back to where the last stroke began."""
        if self._history.can_undo:
            self._travel(self._history.undo())

    def redo(self) -> None:
        """What was undone, again."""
        if self._history.can_redo:
            self._travel(self._history.redo())

    def _travel(self, state: State) -> None:
        self._travelling = True
        self.knobs.set(latent=state[0], offset=state[1])
        self._travelling = False
        self._moved_s = -1e9

    def _state(self) -> State:
        return self.knobs.controls.latent, self.knobs.controls.offset

    def _remember(self) -> None:
        state, before = self._state(), self._history.now
        if all(_same(a, b) for a, b in zip(state, before, strict=True)):
            return  # something else was set
        if self._travelling:
            return
        now = time.monotonic()
        small = self._strolling or _same(state[0], before[0])  # the latent itself is set in one go
        if not self._held and not (small and now - self._moved_s < _STROKE_S):
            self._stroke += 1
        self._moved_s = now if small else -1e9
        self._history.go(state, self._stroke)


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    return a is b or (a is not None and b is not None and np.array_equal(a, b))
