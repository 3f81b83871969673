"""Options of a window with a camera."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from handcam.gui.sources.source_control import RuntimeChoice
from handcam.sources import Device

__all__ = ["CameraOptions"]


@dataclass(frozen=True, slots=True)
class CameraOptions:
    """Options of a window with a camera picture, beyond the pages of the latent space."""

    devices: Sequence[Device] | Callable[[], Sequence[Device]] = ()
    """Cameras to offer, or what lists them (called beside the window, it may take its time)."""
    change_source: Callable[[str], object] = lambda source: None
    """Opens ``scheme:rest`` instead of the present source; may take its time, and may raise
    :class:`~handcam.types.HandcamError`."""
    open_raw: Callable[[bool], object] = lambda raw: None
    """Opens the present camera again, True: with its distortion and without its calibration."""
    mirror: bool = False
    """Start with the picture mirrored."""
    reduced_3d: bool = False
    """Paint the 3D view with Qt alone and start no other process."""
    source: str = ""
    """The source at the start, as it was asked for; empty where the first camera is taken."""
    recordings: Path | None = None
    """Folder for sessions; default ``handcam`` among the user's videos."""
    runtimes: RuntimeChoice | None = None
    """Runtimes to choose from; None for no choice."""
    gestures: Path | None = None
    """File of taught gestures; None for the user's own."""
    settings_file: Path | None = None
    """File of the settings, :mod:`handcam.gui.settings.store`; None to keep none."""
    overridden: frozenset[str] = frozenset()
    """Settings that options have set, not to be taken from that file."""
