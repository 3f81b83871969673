"""Settings of the window that are kept between runs: one small JSON file among the user's settings.

``{"format": "handcam.settings", "values": {"hand_length_cm": 19.0, "mirror": false, ...}}``. A value that is not of its
type or out of range is ignored; a file that cannot be read is reported, moved aside and ignored.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from handcam.filters import OVER_TIME, smoothing
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.scene3d.scenes import SAMPLES
from handcam.gui.style.language import tr
from handcam.paths import write_atomic
from handcam.ranges import HAND_LENGTHS_M, HandLengthCm
from handcam.types import NOMINAL_HAND_LENGTH_M, Controls, Side

__all__ = ["HANDS", "HAND_LENGTH_CM", "SettingsStore", "WindowSettings", "kept_settings"]

HANDS = {
    "both": (2, None), "one": (1, None), "up to three": (3, None), "up to four": (4, None),
    "left only": (1, Side.LEFT), "right only": (1, Side.RIGHT),
}  # fmt: skip
"""Hands to follow: how many, and which side every hand is taken for."""
HAND_LENGTH_CM = (100 * HAND_LENGTHS_M[0], 100 * HAND_LENGTHS_M[1])
"""Least and greatest length of a hand."""
BoneLength = Annotated[float, msgspec.Meta(gt=0, lt=2)]
"""Of a hand one hand length long."""
_FORMAT = "handcam.settings"
_QUIET_S = 1.0
"""Settings are written when they have not changed for so long: a value that is being dragged is written once."""


class WindowSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """Every setting that is kept, with its default and range."""

    hand_length_cm: HandLengthCm = 100 * NOMINAL_HAND_LENGTH_M
    """Of the user's hand; sets the scale without a depth camera."""
    mirror: bool = False
    """Flip the picture."""
    smooth: bool = True
    """Filter the joints."""
    hands: Literal["both", "one", "left only", "right only"] | None = "both"
    """Hands to follow, of :data:`HANDS`; None for another combination, set by options."""
    plane: Literal["Colour", "Depth", "Blend"] = "Colour"
    """Image of a frame that is shown."""
    crop: bool = False
    """Show the input of the net."""
    skin: bool = False
    """Show the hand's surface in 3D."""
    skin_by: Literal["Rig", "Net", "Halo"] = "Rig"
    """How it is drawn."""
    error: bool = True
    """Show in 3D how far off each joint may be."""
    samples: Annotated[int, msgspec.Meta(ge=0, le=SAMPLES)] = 0
    """Poses drawn from the posterior."""
    points: bool = True
    """Show measured points in 3D."""
    panels: bool = True
    """Show the panels."""
    kept_bones: dict[str, Annotated[tuple[BoneLength, ...], msgspec.Meta(min_length=20, max_length=20)]] = {}
    """Bone lengths that the user keeps, hand lengths, by the name given to the hand."""
    bones: Annotated[str, msgspec.Meta(max_length=40)] = ""
    """Name of those in use; empty to measure each hand."""
    depth_range: Literal["around the hand", "whole scene", "0.2 to 1.2 m"] = "around the hand"
    """What the colours of depth span."""
    drive: Annotated[str, msgspec.Meta(max_length=40)] = "auto"
    """What the pose is estimated from, where the weights have it."""
    size: Annotated[tuple[int, ...], msgspec.Meta(max_length=2)] = ()
    """Width and height of the window; empty for what fits."""
    page: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    """Page that is seen."""
    camera: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """Camera that was picked last, ``scheme:rest``; the next start without ``--source`` tries it first."""
    theme: Literal["dark", "light", "system"] = "dark"
    """Colours of bars and panels."""
    type_percent: Annotated[int, msgspec.Meta(ge=100, le=150)] = 100
    """Size of type and controls."""
    language: Literal["en", "de", "system"] = "en"
    """Language of the window."""
    gesture_actions: dict[str, Annotated[str, msgspec.Meta(max_length=40)]] = {}
    """Actions of the window by the gestures that trigger them."""
    recordings: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    """Folder for sessions and snapshots; empty for ``handcam`` among the user's videos."""
    recent: Annotated[tuple[str, ...], msgspec.Meta(max_length=20)] = ()
    """Files and folders that were opened, the last first."""

    @staticmethod
    def of_controls(controls: Controls) -> dict[str, Any]:
        """Read the settings that the pipeline has."""
        hands = next((k for k, v in HANDS.items() if v == (controls.max_hands, controls.lock_side)), None)
        return {
            "hand_length_cm": round(controls.hand_length_m * 100, 2),
            "smooth": any(name in OVER_TIME for name in controls.filters),
            "hands": hands, "samples": controls.samples,
        }  # fmt: skip

    def for_controls(self, controls: Controls) -> dict[str, Any]:
        """Changes that bring the pipeline's controls to these settings."""
        changes: dict[str, Any] = {"hand_length_m": self.hand_length_cm / 100, "samples": self.samples}
        changes["filters"] = smoothing(controls.filters, self.smooth)
        if abs(self.hand_length_cm / 100 - controls.hand_length_m) > 1e-4:  # another length than the measured one
            changes["hand_sigma_m"] = None
        else:
            del changes["hand_length_m"]  # which is exact to more than the window shows
        if self.hands is not None:
            changes["max_hands"], changes["lock_side"] = HANDS[self.hands]
        return changes


def kept_settings(path: Path) -> WindowSettings:
    """Read what is kept; the default for what is not there or not valid, and for all of it without a readable file."""
    try:
        document = msgspec.json.decode(path.read_bytes())
        return msgspec.structs.replace(WindowSettings(), **_valid(document["values"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return WindowSettings()


def _valid(values: dict[str, Any]) -> dict[str, Any]:
    """Settings that are known, of their type and in their range."""
    known, good = {field.name: field.type for field in msgspec.structs.fields(WindowSettings)}, {}
    for name, value in values.items():
        if name in known:
            with suppress(msgspec.ValidationError):
                good[name] = msgspec.convert(value, known[name])
    return good


class SettingsStore:
    """Keeps a window's settings in a file."""

    def __init__(self, path: Path, read: Callable[[], WindowSettings], worker: BackgroundWorker) -> None:
        """
        Args:
            path: the file; it need not be there.
            read: the settings of the window as they are.
            worker: writes beside the window.
        """
        self._path, self._read, self._worker = path, read, worker
        self.problem = ""
        """Problem with the file, one sentence; empty without one."""
        self._written = self._last = read()
        self._since_s = 0.0

    def restore(self, apply: Callable[[WindowSettings], object], overridden: frozenset[str] = frozenset()) -> None:
        """Apply the settings of the file.

        Args:
            apply: brings the window to settings.
            overridden: names of settings that options have set otherwise this time.
        """
        good = {name: value for name, value in _valid(self._values()).items() if name not in overridden}
        if good:
            apply(msgspec.structs.replace(self._read(), **good))
        self._written = self._last = self._read()

    def follow(self, now_s: float) -> None:
        """Write settings that have changed and come to rest. Call it now and then."""
        settings = self._read()
        if settings != self._last:
            self._last, self._since_s = settings, now_s
        elif settings != self._written and now_s - self._since_s > _QUIET_S:
            self._written = settings
            self._worker.run(lambda: self._write(settings))

    def close(self) -> None:
        """Write what has changed last: the window closes."""
        settings = self._read()
        if settings != self._written:
            self._written = settings
            self._write(settings)

    def _values(self) -> dict[str, Any]:
        try:
            document = msgspec.json.decode(self._path.read_bytes())
            if document["format"] != _FORMAT or not isinstance(document["values"], dict):
                raise ValueError(_FORMAT)
            return document["values"]
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.problem = tr(
                "The settings {0} cannot be read ({1}); starting without.", self._path, error.strerror or error
            )
        except (ValueError, KeyError, TypeError, RecursionError):  # msgspec's errors are ValueErrors
            aside = self._path.with_name(self._path.name + ".damaged")
            self.problem = tr(
                "The settings {0} are damaged and were left out; they now are {1}.", self._path, aside.name
            )
            try:
                self._path.replace(aside)
            except OSError:
                self.problem = tr("The settings {0} are damaged and were left out.", self._path)
        return {}

    def _write(self, settings: WindowSettings) -> None:
        document = msgspec.json.encode({"format": _FORMAT, "values": settings})
        try:
            write_atomic(self._path, msgspec.json.format(document, indent=1) + b"\n")
        except OSError as error:
            self.problem = tr("The settings cannot be kept in {0} ({1}).", self._path, error.strerror or error)
