"""Photographs of a folder of scenes: rooms behind rendered hands, cloth on their arms, things that are no hands.

The folder has ``backgrounds``, ``negatives`` and ``objects``, each with a folder per source. Views of one panorama
belong together; every eighth group is for validation, so that training never sees it.
"""

import re
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from handcam.synth.background import clutter_picture, indoor_picture, random_piece
from handcam.types import Array, HandcamError

__all__ = ["PICTURE_PX", "Photographs", "of_split", "square_picture"]

PICTURE_PX = 256
"""Edge of the pictures on surfaces."""
_LONGEST_PX = 560
_SERIES = re.compile(r"(_1k)?_\d+$|^[a-i]_")
Picture = UInt8[Array, "_h _w 3"]
Levels = tuple[Picture, ...]
"""A picture, then each half as large."""


def of_split(name: str, split: str) -> bool:
    """Tell whether a file or mesh of this name belongs to ``train`` or ``validation``: one series has one side."""
    return (zlib.crc32(_SERIES.sub("", name).encode()) % 8 == 0) == (split == "validation")


@dataclass(frozen=True)
class Photographs:
    """Pictures by what they show; made here where there is no folder."""

    rooms: tuple[tuple[Levels, ...], ...]
    """Rooms, streets, shelves, tables, without hands; those of each source."""
    textures: tuple[Levels, ...]
    """Cloth, wood, stone."""
    negatives: tuple[Levels, ...]
    """Things that a finder may take for hands."""

    @staticmethod
    def load(folder: Path | None = None, split: str = "train") -> "Photographs":
        """Read a folder of scenes, or make pictures; kept for the process.

        Raises:
            HandcamError: the folder holds no backgrounds.
        """
        return _load(folder, split)

    def background(self, rng: np.random.Generator, width: int, height: int, texture: float = 0.12) -> Picture:
        """A random piece of a room, or of a flat texture (``texture``: share)."""
        draw = rng.random()
        if draw < texture + 0.06:
            pool = self.textures if draw < texture else self.negatives
            first, *halves = pool[rng.integers(len(pool))]
        else:
            first, *halves = self.room(rng)
        return random_piece(rng, first, width, height, 0.5, halves, 0.25)

    def room(self, rng: np.random.Generator) -> Levels:
        """One of the rooms; small sources are shown more often than their number of pictures."""
        shares = np.sqrt([len(source) for source in self.rooms])
        source = self.rooms[rng.choice(len(self.rooms), p=shares / shares.sum())]
        return source[rng.integers(len(source))]


@cache
def _load(folder: Path | None, split: str) -> Photographs:
    if folder is None:
        rng = np.random.default_rng([31, zlib.crc32(split.encode())])
        rooms = tuple(_levels(np.clip(indoor_picture(rng, 400, 300), 0, 255).astype(np.uint8)) for _ in range(24))
        made = (tuple(_levels(clutter_picture(rng, 400, 300)) for _ in range(24)) for _ in range(2))
        return Photographs((rooms,), *made)
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    kinds: dict[str, list[Levels]] = {}
    for path in paths:
        inside = path.relative_to(folder).parts
        if inside[0] == "objects" or not of_split(f"{path.parent.name}/{path.stem}", split):
            continue
        name = path.parent.name
        kind = "negatives" if inside[0] == "negatives" else "textures" if "textures" in name else f"rooms {name}"
        if (picture := cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)) is not None:
            k = min(_LONGEST_PX / max(picture.shape[:2]), 1.0)
            kinds.setdefault(kind, []).append(
                _levels(cv2.resize(picture, None, fx=k, fy=k, interpolation=cv2.INTER_AREA))
            )
    rooms = tuple(tuple(pictures) for kind, pictures in kinds.items() if kind.startswith("rooms"))
    if not rooms:
        raise HandcamError(f"{folder} holds no photographs for {split}; it needs pictures in a folder backgrounds.")
    return Photographs(rooms, *(tuple(kinds.get(kind, rooms[0])) for kind in ("textures", "negatives")))


def _levels(picture: Picture) -> Levels:
    half = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return picture, half, cv2.resize(half, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def square_picture(rng: np.random.Generator, picture: Levels) -> UInt8[Array, "s s 3"]:
    """A random piece as a picture on a surface."""
    return random_piece(rng, picture[0], PICTURE_PX, PICTURE_PX, 0.5)
