"""Rendered foregrounds of the demo, kept between runs: the second start shows what the first has rendered."""

import hashlib
import logging
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from handcam.paths import cache_folder, shipped, write_atomic
from handcam.version import __version__

__all__ = ["LoopCache", "Packed"]

log = logging.getLogger(__name__)
_WORTH = 60
"""New frames from which the file is written."""
_KEPT = 4
"""Files that are kept; the oldest go."""
_Edge = Annotated[int, msgspec.Meta(ge=0, le=1 << 14)]


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """One frame's hands, cut out and compressed."""

    rows: tuple[_Edge, _Edge]
    """First row and the one behind the last, of the small picture."""
    columns: tuple[_Edge, _Edge]
    """First column and the one behind the last."""
    color: bytes
    """JPEG."""
    alpha: bytes
    """PNG, 8 bit."""
    depth: bytes
    """PNG, 16 bit, millimetres."""
    small: tuple[_Edge, _Edge]
    """Height and width of the small picture."""


class LoopCache:
    """The file of one loop, in the user's cache; what cannot be read or written is rendered again."""

    def __init__(self, about: object, frames: int) -> None:
        """
        Args:
            about: everything the pictures depend on beside the program.
            frames: length of the loop.
        """
        code = [*sorted((Path(__file__).parents[1] / "synth").glob("*.py")), Path(__file__).with_name("demo.py")]
        key = hashlib.sha256(f"{__version__} {about!r}".encode())
        for file in (*code, *sorted(shipped("assets/hand-rig").glob("*.*"))):
            key.update(file.read_bytes())
        self._path = cache_folder() / "demo" / f"{key.hexdigest()[:24]}.msgpack"
        self._frames, self._known = frames, 0

    def load(self) -> list[Packed | None]:
        """The frames that are known; None for those that are not."""
        try:
            data = self._path.read_bytes()
            if zlib.crc32(data[4:]).to_bytes(4, "little") != data[:4]:
                raise OSError("damaged")
            found = msgspec.msgpack.decode(data[4:], type=list[Packed | None])
        except (OSError, msgspec.DecodeError):
            found = []
        if len(found) != self._frames:
            return [None] * self._frames
        self._known = sum(frame is not None for frame in found)
        return found

    def save(self, frames: Sequence[Packed | None]) -> None:
        """Keep the frames, where there are enough new ones."""
        known = sum(frame is not None for frame in frames)
        if known < self._known + min(_WORTH, self._frames - self._known) or known == self._known:
            return
        self._known = known
        try:
            data = msgspec.msgpack.encode(list(frames))
            write_atomic(self._path, zlib.crc32(data).to_bytes(4, "little") + data)
            files = sorted(self._path.parent.glob("*.msgpack"), key=lambda file: file.stat().st_mtime)
            for old in files[:-_KEPT]:
                old.unlink()
        except OSError as error:
            log.debug("The demo's pictures cannot be kept: %s", error)
