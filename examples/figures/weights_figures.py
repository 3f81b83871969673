"""The pictures about training.

    python examples/figures/weights_figures.py runs/weights

Writes ``assets/learning-curves.png`` from the TensorBoard curves of ``handcam train weights`` in that folder, and
``assets/synth-sheet.jpg``, sixty rendered crops.
"""

import sys
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from handcam.synth.scenes import PictureSettings, crops

ASSETS = Path(__file__).parents[2] / "assets"
STEPS = {"poses": "poses (step 2)", "seeing": "colour encoders (step 3)", "depth": "depth encoder (step 3)"}


def curves(runs: Path) -> None:
    figure = Figure(figsize=(10.8, 3.06), layout="constrained")
    for panel, (folder, title) in zip(figure.subplots(1, 3), STEPS.items(), strict=True):
        lines: dict[str, list[tuple[int, float]]] = {}
        for path in sorted((runs / folder / "curves").glob("events*")):
            events = EventAccumulator(str(path))
            events.Reload()
            for tag in events.Tags()["scalars"]:
                if tag.startswith("nll/"):
                    lines.setdefault(tag[4:], []).extend((e.step, e.value) for e in events.Scalars(tag))
        for pair, points in lines.items():
            panel.plot(*np.array(points).T, label=pair.split("@")[0].replace(">", " > "), linewidth=1.3)
        panel.set_yscale("log")
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("round")
        panel.grid(alpha=0.35, which="both")
        panel.legend(fontsize=6.5)
    figure.axes[0].set_ylabel("negative log-likelihood, nats")
    figure.savefig(ASSETS / "learning-curves.png", dpi=100)


def sheet(columns: int = 12, rows: int = 5) -> None:
    made = islice(crops(np.random.default_rng(4), PictureSettings(size=160)), columns * rows)
    tiles = np.array([picture.color for picture in made]).reshape(rows, columns, 160, 160, 3)
    whole = np.ascontiguousarray(tiles.swapaxes(1, 2).reshape(rows * 160, columns * 160, 3))
    cv2.imwrite(str(ASSETS / "synth-sheet.jpg"), whole[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    curves(Path(sys.argv[1]))
    sheet()
