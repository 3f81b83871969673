"""Take the lens distortion out of a source's pictures, so that what leaves it is a pinhole camera's."""

from jaxtyping import UInt8

from handcam.calibration.lens import Lens, undistort
from handcam.calibration.rig import read_rig, saved_lens
from handcam.sources import SourceSettings
from handcam.types import Array, HandcamError, Intrinsics, SourceError

__all__ = ["Rectifier"]


class Rectifier:
    """The lens of one source: as the user states it, as its file says, as it was saved for the camera, or assumed."""

    def __init__(self, settings: SourceSettings, camera: str = "") -> None:
        """
        Args:
            settings: what the user states.
            camera: name under which a calibration may have been saved; empty for files.

        Raises:
            SourceError: the calibration cannot be read.
        """
        self._settings, self._camera = settings, camera
        self._lenses: dict[tuple[int, int], Lens] = {}
        self._stated: Lens | None = None
        if settings.intrinsics is not None:
            self._stated = Lens(settings.intrinsics, settings.distortion)
        elif settings.calibration is not None:
            try:
                self._stated = read_rig(settings.calibration).cameras[0].lens
            except HandcamError as error:
                raise SourceError(str(error)) from None

    def lens(self, width: int, height: int) -> Lens:
        """The lens for pictures of this size.

        Raises:
            SourceError: the calibration that was saved for the camera is damaged.
        """
        known = self._lenses.get((width, height))
        if known is None:
            try:
                saved = saved_lens(self._camera, width, height) if self._camera and self._stated is None else None
            except HandcamError as error:
                raise SourceError(str(error)) from None
            if self._stated is not None:
                saved = self._stated.scaled(width, height)
            known = self._lenses[width, height] = saved or Lens(self._settings.camera(width, height))
        return known

    def __call__(self, picture: UInt8[Array, "h w 3"]) -> tuple[Intrinsics, UInt8[Array, "h w 3"]]:
        """The pinhole camera, and its picture."""
        lens = self.lens(picture.shape[1], picture.shape[0])
        return lens.intrinsics, undistort(picture, lens)
