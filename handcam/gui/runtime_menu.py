"""What runs the model, to be changed while the app runs."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup

from handcam.gui.menu_button import MenuButton

__all__ = ["RuntimeMenu", "Runtimes"]


@dataclass(frozen=True, slots=True)
class Runtimes:
    """What there is to choose from."""

    names: tuple[str, ...]
    """As ``--runtime`` takes them."""
    chosen: str
    """The one at the start."""
    change: Callable[[str], object]
    """Runs the model on another; may take its time, and raises :class:`~handcam.types.HandcamError` when it does not
    run here, the old one going on."""


class RuntimeMenu(MenuButton):
    """Lists the runtimes that are there; what runs in the end stands in the status line."""

    pick = Signal(str)
    """A runtime was chosen."""

    def __init__(self, runtimes: Runtimes) -> None:
        super().__init__("Runtime", 208, "What runs the model; auto takes the fastest that agrees with the reference")
        self.change = runtimes.change
        """See :class:`Runtimes`."""
        group = QActionGroup(self)
        self._actions = {}
        for name in dict.fromkeys((*runtimes.names, runtimes.chosen)):
            action = self.menu().addAction(name, lambda name=name: self.pick.emit(name))
            action.setCheckable(True)
            group.addAction(action)
            self._actions[name] = action
        self.choose(runtimes.chosen)

    def choose(self, name: str) -> None:
        """Show that this one is set."""
        self._actions[name].setChecked(True)
        self.show_value(name)
