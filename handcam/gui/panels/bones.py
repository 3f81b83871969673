"""Bone lengths of the hand shown: how sure they are, and those that the user keeps under a name."""

from collections.abc import Mapping

import numpy as np
from PySide6.QtWidgets import QInputDialog, QLineEdit

from handcam.gui.controls_model import ControlsModel
from handcam.gui.style.language import noop, tr
from handcam.gui.style.widgets import MenuButton
from handcam.types import Bones, TrackedHand

__all__ = ["BonesButton"]

_TIP = (
    "Bone lengths of this hand, measured over the first 20 frames and constant from then on.\n"
    "Keep them under a name and use them at once the next time; the hand's length is set in the tool bar.\n"
    "Weights with a bone-length input are given them; joints of other weights are rescaled to them."
)
_MY_HAND = noop("my hand")


class BonesButton(MenuButton):
    """``bones ±3.1 mm ▾``: opens a menu that keeps, uses and forgets bone lengths.

    Args:
        controls: where the chosen lengths go.
    """

    def __init__(self, controls: ControlsModel) -> None:
        super().__init__("bones", 168, _TIP)
        self._controls = controls
        self._shown: Bones | None = None
        self.kept: dict[str, tuple[float, ...]] = {}
        """Lengths in hand lengths by name."""
        self.chosen = ""
        """Name of those in use; empty while each hand is measured."""
        self.entries.aboutToShow.connect(self._fill)
        self.show_value("measure")

    def show_hand(self, hand: TrackedHand | None) -> None:
        """Show how sure the bones of a hand are."""
        self._shown = None if hand is None or hand.edited else hand.bones
        if self.chosen:
            self.show_value(self.chosen)
        elif self._shown is not None:
            sigma_mm = 1e3 * self._controls.state.hand_length_m * float(np.sqrt(np.square(self._shown.sigma).mean()))
            self.show_value(f"±{sigma_mm:.1f} mm")
        else:
            self.show_value("measure")

    def keep(self, name: str) -> None:
        """Keep the bones of the hand shown under a name, and use them."""
        if self._shown is not None and name:
            self.kept[name] = tuple(self._shown.lengths.round(4).tolist())
            self.use(name)

    def use(self, name: str) -> None:
        """Use kept bones for every hand; an empty name measures each again."""
        self.chosen = name if name in self.kept else ""
        self._controls.set(bones=np.array(self.kept[self.chosen]) if self.chosen else None)
        self.show_value(self.chosen or "measure")

    def forget(self, name: str) -> None:
        """Forget kept bones."""
        self.kept.pop(name, None)
        if name == self.chosen:
            self.use("")

    def restore(self, kept: Mapping[str, tuple[float, ...]], chosen: str) -> None:
        """Take over what was kept before."""
        self.kept = dict(kept)
        if chosen:
            self.use(chosen)

    def _fill(self) -> None:
        self.entries.clear()
        add = self.entries.addAction
        add(tr("Keep these as…"), self._ask).setEnabled(self._shown is not None and not self.chosen)
        for name in ("", *self.kept):
            entry = add(tr("Use {0}", name) if name else tr("Measure each hand"), lambda name=name: self.use(name))
            entry.setCheckable(True)
            entry.setChecked(name == self.chosen)
        if self.chosen:
            add(tr("Forget {0}", self.chosen), lambda: self.forget(self.chosen))

    def _ask(self) -> None:
        name, good = QInputDialog.getText(
            self, tr("Bones"), tr("Keep these bones as"), QLineEdit.EchoMode.Normal, tr(_MY_HAND)
        )
        if good:
            self.keep(name.strip()[:40])
