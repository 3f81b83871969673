"""Controls of the live pipeline as a Qt model: the latent that is shown, what was set of it, and the way back."""

import time
from dataclasses import replace

import numpy as np
from jaxtyping import Float
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from handcam.live import Live
from handcam.types import Controls, Posterior, Result, TrackedHand

__all__ = ["ControlsModel"]

_SAME_MOVE_S = 0.4
"""Small moves that follow each other faster than this are undone together."""
_HELD_S = 0.5
"""Time for which the posterior of a hand that is lost stays."""
_LONGEST = 500
"""Moves that can be undone."""

Latent = tuple[np.ndarray | None, np.ndarray | None]
"""``(Controls.latent, Controls.offset)``."""


class ControlsModel(QObject):
    """The one place where widgets read and set controls; every change of the latent can be undone."""

    changed = Signal()
    """Controls, or the size of the latent, have changed."""

    def __init__(self, live: Live, latent_size: int) -> None:
        super().__init__()
        self._live = live
        self.latent_size = latent_size
        """Dimensions of the latent space."""
        self.posterior: Posterior | None = None
        """Of the hand shown; None when no hand is in view."""
        self.side = ""
        """Side of the hand shown; empty when no hand is in view."""
        self.history = QUndoStack(self)
        """Moves in the latent space."""
        self.history.setUndoLimit(_LONGEST)
        self._random = np.random.default_rng()
        self._dragged = False
        self._seen_ns = 0
        self._move, self._moved_s = 0, -np.inf

    @property
    def state(self) -> Controls:
        """Controls of the pipeline as they are set."""
        return self._live.controls

    def set(self, **changes: object) -> None:
        """Change some of the controls."""
        self._set(changes, step=False)

    def update(self, result: Result) -> None:
        """Follow the posterior of the hand shown; latents of another size than assumed correct the size."""
        hand = self.hand_shown(result)
        if hand is not None:
            self._seen_ns = result.frame.time_ns
            self.posterior, self.side = hand.posterior, hand.pose.side.value
        elif not 0 < result.frame.time_ns - self._seen_ns < _HELD_S * 1e9 or self.edited:
            self.posterior, self.side = None, ""  # the sliders do not jump when a hand is lost for a moment
        known = hand or result.explored
        if known is not None and len(known.z) != self.latent_size:
            self.latent_size = len(known.z)
            self.changed.emit()

    def hand_shown(self, result: Result | None) -> TrackedHand | None:
        """The hand that panels show and that sliders move: of the side that was chosen, or else the first."""
        hands = result.hands if result is not None else ()
        wanted = self.state.edited_side
        return next((hand for hand in hands if hand.pose.side is wanted), hands[0] if hands else None)

    def forget_hand(self) -> None:
        """Drop the posterior and what was set: the source has changed."""
        self.posterior, self._seen_ns = None, 0
        self._apply(None, None)
        self.history.clear()

    # ------------------------------------------------------------------------------------------- the latent shown

    @property
    def frozen(self) -> bool:
        """True while the latent is held instead of following the hand."""
        return self.state.latent is not None

    @property
    def edited(self) -> bool:
        """True where the user has set the latent or an offset."""
        return self.frozen or bool(self.offset.any())

    @property
    def following(self) -> bool:
        """True while the latent follows a hand in view."""
        return not self.frozen and self.posterior is not None

    @property
    def base(self) -> Float[np.ndarray, " z"]:
        """The latent before offsets: set by the user, else the live mean, else the prior's mean."""
        latent = self.state.latent
        if latent is not None and len(latent) == self.latent_size:
            return np.asarray(latent, float)
        if self.posterior is not None and len(self.posterior.mean) == self.latent_size:
            return np.asarray(self.posterior.mean, float)
        return np.zeros(self.latent_size)

    @property
    def offset(self) -> Float[np.ndarray, " z"]:
        """Offset set by the user; zeros where there is none."""
        offset = self.state.offset
        fits = offset is not None and len(offset) == self.latent_size
        return np.asarray(offset, float) if fits else np.zeros(self.latent_size)

    @property
    def z(self) -> Float[np.ndarray, " z"]:
        """The latent shown."""
        return self.base + self.offset

    def posterior_around(self, usual: Float[np.ndarray, " z"] | None) -> Posterior | None:
        """The Gaussian around :attr:`z`: as wide as the live posterior, or else as the ``usual`` variance."""
        live = self.posterior
        if live is not None and len(live.mean) == self.latent_size:
            return Posterior(self.z.astype(np.float32), live.log_var)
        if usual is None:
            return None
        return Posterior(self.z.astype(np.float32), np.log(np.maximum(usual, 1e-6)).astype(np.float32))

    # ------------------------------------------------------------------------------------------ moving the latent

    def go_to(self, z: Float[np.ndarray, " z"], step: bool = False) -> None:
        """Hold the latent at ``z``, whatever the hand does.

        Args:
            z: the latent.
            step: one of many small steps, undone together.
        """
        self._set({"latent": np.asarray(z, np.float32), "offset": None}, step)

    def start_at(self, z: Float[np.ndarray, " z"]) -> None:
        """Hold the latent at ``z``, with no way back to before."""
        self._apply(np.asarray(z, np.float32), None)
        self.history.clear()
        self.changed.emit()

    def offset_to(self, z: Float[np.ndarray, " z"]) -> None:
        """Reach ``z`` by an offset: a hand that is followed is followed on, that far from it."""
        offset = np.asarray(z - self.base, np.float32)
        self.set(offset=offset if np.abs(offset).max() > 1e-6 else None)

    def set_dimension(self, dimension: int, value: float | None) -> None:
        """Move one dimension to a value by way of its offset; None takes the offset away."""
        offset = self.offset.copy()
        offset[dimension] = 0.0 if value is None else value - self.base[dimension]
        self.set(offset=offset.astype(np.float32) if offset.any() else None)

    def begin_drag(self) -> None:
        """Undo whatever moves until :meth:`end_drag` in one go."""
        self._dragged = True
        self._move += 1

    def end_drag(self) -> None:
        """End what :meth:`begin_drag` began."""
        self._dragged = False
        self._move += 1

    def freeze(self, on: bool) -> None:
        """Hold the latent where it is, or let it follow the hand again."""
        self.set(latent=self.base.astype(np.float32) if on else None)

    def reset(self) -> None:
        """Follow the hand, without offsets."""
        self.set(latent=None, offset=None)

    def sample(self) -> None:
        """Hold a random latent from the prior."""
        self.go_to(self._random.standard_normal(self.latent_size))

    # ---------------------------------------------------------------------------------------------------- history

    def undo(self) -> None:
        """Go back to before the last move."""
        self._moved_s = -np.inf
        self.history.undo()

    def redo(self) -> None:
        """Do again what was undone."""
        self._moved_s = -np.inf
        self.history.redo()

    def _set(self, changes: dict[str, object], step: bool) -> None:
        before = self._latent
        self._live.set_controls(replace(self.state, **changes))
        after = self._latent
        if not all(map(_equal, before, after)):
            now = time.monotonic()
            small = step or _equal(before[0], after[0])  # the latent itself is set in one go
            if not self._dragged and not (small and now - self._moved_s < _SAME_MOVE_S):
                self._move += 1
            self._moved_s = now if small else -np.inf
            self.history.push(_Move(self, before, after, self._move))
        self.changed.emit()

    @property
    def _latent(self) -> Latent:
        return self.state.latent, self.state.offset

    def _apply(self, latent: np.ndarray | None, offset: np.ndarray | None) -> None:
        self._live.set_controls(replace(self.state, latent=latent, offset=offset))
        self.changed.emit()


class _Move(QUndoCommand):
    """One move in the latent space, or all moves of one drag."""

    def __init__(self, model: ControlsModel, before: Latent, after: Latent, number: int) -> None:
        super().__init__()
        self._model, self._before, self._after, self._number = model, before, after, number
        self._done = True

    def redo(self) -> None:
        if not self._done:  # pushing a command calls this once, when the move has been made already
            self._model._apply(*self._after)
        self._done = True

    def undo(self) -> None:
        self._done = False
        self._model._apply(*self._before)

    def id(self) -> int:
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802
        if not isinstance(other, _Move) or other._number != self._number:
            return False
        self._after = other._after
        return True


def _equal(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    return a is b or (a is not None and b is not None and np.array_equal(a, b))
