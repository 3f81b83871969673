"""A contact sheet to check by eye: twenty frames spread over the whole, hands drawn in, the time of each beside it."""

from pathlib import Path

import cv2
import numpy as np

from handcam.pictures import write_picture
from handcam.session.export import ExportSettings, Recording, frame_results
from handcam.session.export.overlay import draw_hands
from handcam.types import Array

__all__ = ["SUFFIX", "export"]

SUFFIX = ".jpg"
ANY_JOINTS = True
"""It shows the hand as it is drawn everywhere."""
_COLUMNS, _ROWS, _WIDTH_PX = 5, 4, 320


def export(recording: Recording, out: Path, settings: ExportSettings) -> None:
    """Write the picture; nothing where there is no colour picture."""
    shown = [(entry, result) for entry, result in frame_results(recording, settings) if entry.has_color]
    spread = np.unique(np.linspace(0, max(0, len(shown) - 1), _COLUMNS * _ROWS).round().astype(int))
    numbers: list[int] = spread.tolist()
    chosen = [shown[i] for i in numbers] if shown else []
    start_ns, tiles = recording.frames[0].capture_ns, list[Array]()
    for entry, result in chosen:
        color, _ = recording.pictures(entry.n)
        if color is None:
            continue
        height = round(_WIDTH_PX * color.shape[0] / color.shape[1])
        tile = cv2.resize(draw_hands(color, result), (_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
        label = f"{(entry.capture_ns - start_ns) / 1e9:.2f} s  {entry.picture}"
        for ink, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(tile, label, (6, height - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, ink, width, cv2.LINE_AA)
        tiles.append(tile)
    if not tiles:
        return
    height = max(tile.shape[0] for tile in tiles)
    sheet = np.zeros((-(-len(tiles) // _COLUMNS) * height, min(len(tiles), _COLUMNS) * _WIDTH_PX, 3), np.uint8)
    for i, tile in enumerate(tiles):
        y, x = i // _COLUMNS * height, i % _COLUMNS * _WIDTH_PX
        sheet[y : y + tile.shape[0], x : x + _WIDTH_PX] = tile
    write_picture(out, sheet[..., ::-1])
