"""What the window remembers between runs: one small JSON file among the user's settings.

Only values that are whole and in range are taken; a file that cannot be read is told, put aside and ignored.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handcam.gui.actions import HANDS
from handcam.gui.camera.picture import Plane
from handcam.gui.scene3d.scenes import SAMPLES
from handcam.paths import write_atomic

if TYPE_CHECKING:
    from handcam.gui.window import Window

__all__ = ["Remembered"]

_FORMAT = "handcam.settings"
_CALM_S = 1.0
"""Written when nothing has changed for so long, so that a value that is being dragged is written once."""


class Remembered:
    """Brings a window to where it was left, and keeps where it is."""

    def __init__(self, window: "Window", path: Path) -> None:
        self._window, self._path = window, path
        self.problem = ""
        """What was wrong with the file, one sentence; empty when nothing was."""
        self._kept = self._last = self.state()
        self._since_s = 0.0

    def restore(self, but: frozenset[str] = frozenset()) -> None:
        """Set what the file says.

        Args:
            but: what the user has said otherwise this time, by the names of :meth:`state`.
        """
        for name, value in self._read().items():
            if name not in but:
                self._set(name, value)
        self._kept = self._last = self.state()

    def state(self) -> dict[str, Any]:
        """What is remembered, as it is now."""
        window = self._window
        controls, views = window.knobs.controls, window.views
        sides = controls.max_hands, controls.lock_side
        hands = next((name for name, known in HANDS.items() if known == sides), None)
        return {
            "hand_length_cm": round(controls.hand_length_m * 100, 2), "mirror": views.camera.mirror,
            "smooth": bool(controls.filters), "hands": hands,
            "plane": views.camera.plane.value, "crop": views.crop.isChecked(), "skin": views.surface.isChecked(),
            "samples": controls.samples, "points": views.points.isChecked(), "panels": not window.dock.isHidden(),
        }  # fmt: skip

    def follow(self, now_s: float) -> None:
        """Keep what has changed, beside the window, once it stands still. Call it now and then."""
        state = self.state()
        if state != self._last:
            self._last, self._since_s = state, now_s
        elif state != self._kept and now_s - self._since_s > _CALM_S:
            self._kept = state
            self._window.errands.run(lambda: self._write(state))

    def close(self) -> None:
        """The window closes: keep what has changed last."""
        state = self.state()
        if state != self._kept:
            self._kept = state
            self._write(state)

    def _set(self, name: str, value: Any) -> None:
        """One value, if it is one."""
        window = self._window
        knobs, views = window.knobs, window.views
        switches = {"crop": views.crop, "skin": views.surface, "points": views.points}
        if name == "hand_length_cm" and type(value) in (int, float) and 5 <= value <= 40:
            knobs.set(hand_length_m=value / 100)
        elif name == "samples" and type(value) is int and 0 <= value <= SAMPLES:
            knobs.set(samples=value)
        elif name == "hands" and isinstance(value, str) and value in HANDS:
            max_hands, side = HANDS[value]
            knobs.set(max_hands=max_hands, lock_side=side)
        elif name == "plane" and value in [plane.value for plane in Plane]:
            views.show_plane(Plane(value))
        elif isinstance(value, bool):
            doing: dict[str, tuple[bool, Callable[[], object]]] = {
                "mirror": (views.camera.mirror, window.actions_.toggle_mirror),
                "smooth": (bool(knobs.controls.filters), window.actions_.toggle_smooth),
                "panels": (not window.dock.isHidden(), window.actions_.toggle_dock),
                **{key: (button.isChecked(), button.click) for key, button in switches.items()},
            }
            if name in doing and doing[name][0] is not value:
                doing[name][1]()

    def _read(self) -> dict[str, Any]:
        try:
            fields = json.loads(self._path.read_text("utf-8"))
            if fields["format"] != _FORMAT or not isinstance(fields["values"], dict):
                raise ValueError(_FORMAT)
            return fields["values"]
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.problem = f"The settings {self._path} cannot be read ({error.strerror or error}); starting without."
        except (ValueError, KeyError, TypeError, RecursionError):
            aside = self._path.with_name(self._path.name + ".damaged")
            self.problem = f"The settings {self._path} are damaged and were left out; they now are {aside.name}."
            try:
                self._path.replace(aside)
            except OSError:
                self.problem = f"The settings {self._path} are damaged and were left out."
        return {}

    def _write(self, state: dict[str, Any]) -> None:
        try:
            write_atomic(self._path, json.dumps({"format": _FORMAT, "values": state}, indent=1) + "\n")
        except OSError as error:
            self.problem = f"The settings cannot be kept in {self._path} ({error.strerror or error})."
