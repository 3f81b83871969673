"""The Rendered Hand pose Dataset in its published layout (``RHD_published_v2``).

``{split}/anno_{split}.pickle`` maps the picture number to ``xyz`` (42 x 3, metres), ``uv_vis`` (42 x 3: pixels and
whether the joint is seen) and ``K``; the first 21 joints are the left hand, in the order wrist, then each finger from
its tip. ``color``, ``depth`` and ``mask`` hold ``%05d.png``; a mask value from 2 to 17 is the left hand, from 18 to 33
the right one; depth is 5 m over 16 bits, the high byte in red and the low byte in green.

The labels are a pickle, which could run code when it is read; only numpy arrays are let through here.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from handcam.array_pickle import ArrayUnpickler
from handcam.errors import DAMAGE
from handcam.hand.conventions import from_order
from handcam.lab.data.sets import Sample
from handcam.pictures import read_picture
from handcam.types import Frame, HandcamError, Intrinsics, Side, shorten

__all__ = ["Rhd", "open"]

_DEPTH_UNIT_M = 5.0 / 65535
_SIDES = ((Side.LEFT, slice(0, 21), 2, 17), (Side.RIGHT, slice(21, 42), 18, 33))
"""Side, its joints, and its first and last mask value."""


def open(rest: str, split: str = "evaluation", hands: Literal["largest", "both"] = "largest") -> "Rhd":
    """Open ``rhd:PATH``.

    Args:
        rest: the folder that holds ``evaluation`` and / or ``training``.
        split: ``evaluation`` or ``training``.
        hands: ``largest`` takes the hand that covers more of the picture, as the papers do; ``both`` takes both hands
            of a picture (the first is the left one), where any joint of them is seen.

    Raises:
        HandcamError: the labels are missing or damaged.
    """
    root = Path(rest) / split
    labels = root / f"anno_{split}.pickle"
    try:
        with labels.open("rb") as file:
            annotations = ArrayUnpickler(file).load()
        items = []
        for number, entry in sorted(annotations.items()):
            xyz, uv_vis, k = (np.asarray(entry[key], float) for key in ("xyz", "uv_vis", "K"))
            if xyz.shape != (42, 3) or uv_vis.shape != (42, 3) or k.shape != (3, 3):
                raise ValueError(f"picture {number} has labels of another shape")
            for hand in range(2) if hands == "both" else (None,):
                if hand is None or uv_vis[_SIDES[hand][1], 2].any():
                    items.append((int(number), hand, xyz, uv_vis, k))
    except (OSError, EOFError, pickle.UnpicklingError, AttributeError, LookupError, MemoryError, *DAMAGE) as error:
        why = shorten((str(error).splitlines() or ["cut off"])[0], 200)
        raise HandcamError(f"The labels {labels} cannot be read: {why}.") from None
    return Rhd(f"rhd {split}", root, tuple(items))


@dataclass(frozen=True, slots=True)
class Rhd:
    """One split."""

    name: str
    """Data set and split."""
    root: Path
    """The split's folder."""
    items: tuple[tuple[int, int | None, np.ndarray, np.ndarray, np.ndarray], ...]
    """Picture number, hand (None: the largest), xyz, uv_vis and K of each sample."""

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Sample:
        number, hand, xyz, uv_vis, k = self.items[index]
        color = read_picture(self.root / "color" / f"{number:05d}.png")
        height, width = color.shape[:2]
        camera = Intrinsics(float(k[0, 0]), float(k[1, 1]), float(k[0, 2]), float(k[1, 2]), width, height)
        side, joints, _, _ = _SIDES[self._largest(number, uv_vis) if hand is None else hand]
        return Sample(
            Frame(index, index, camera, color, self._depth(number), _DEPTH_UNIT_M),
            f"{number:05d} {side.value}",
            side,
            from_order(xyz[joints], "rhd"),
            from_order(uv_vis[joints, :2], "rhd"),
        )

    def _depth(self, number: int) -> np.ndarray | None:
        path = self.root / "depth" / f"{number:05d}.png"
        if not path.is_file():
            return None
        picture = read_picture(path)
        depth = picture[..., 0].astype(np.uint16) << 8 | picture[..., 1]
        return np.where(depth == 65535, 0, depth).astype(np.uint16)  # the far plane is no reading

    def _largest(self, number: int, uv_vis: np.ndarray) -> int:
        """The hand with more mask pixels; without a mask, with more joints in view."""
        path = self.root / "mask" / f"{number:05d}.png"
        if path.is_file():
            mask = read_picture(path)[..., 0]
            area = [int(((mask >= low) & (mask <= high)).sum()) for _, _, low, high in _SIDES]
        else:
            area = [int(uv_vis[joints, 2].sum()) for _, joints, _, _ in _SIDES]
        return 0 if area[0] > area[1] else 1
