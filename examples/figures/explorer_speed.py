"""From a latent to all pictures of the Explorer, timed.

    python examples/figures/explorer_speed.py [WEIGHTS] [RUNTIME]

Decoding is counted from asking to having every modality, the wait for the live thread included; painting is all tiles
at the size they have in a window of 1280 x 800.
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from handcam.cli.explore import open_live
from handcam.gui.explorer.page import ExplorerPage
from handcam.gui.explorer.window import ExplorerWindow
from handcam.gui.style.theme import apply
from handcam.model.embedding import read_reference_set
from handcam.model.weights import default_weights, read_card

LATENTS = 200


def main(weights: Path, runtime: str) -> None:
    """Print both times, median and 95th percentile."""
    app = QApplication(["handcam"])
    apply(app)
    live = open_live(weights, runtime)
    window = ExplorerWindow(live, read_card(weights), weights)
    page = window.pages.page
    assert isinstance(page, ExplorerPage)
    window.show()
    live.start()
    while not page.queue.decoded or page.references is None:
        app.processEvents()
        time.sleep(0.004)
    window._timer.stop()  # what the rest of the page does is not counted
    for _ in range(3):  # nor what it had asked for
        time.sleep(0.3)
        page.queue.poll()
    decode, paint, processor = [], [], []
    for z in read_reference_set(weights).z["joints3d"][:LATENTS]:
        busy, start = time.process_time(), time.perf_counter()
        page.queue.request(z)
        while not page.queue.poll():
            time.sleep(0.0005)
        decode.append((time.perf_counter() - start) * 1e3)
        page.views.show_decoded(page.queue.decoded)
        page.views.repaint()
        paint.append(sum(tile.paint_ms for tile in page.views.views.values()))
        processor.append((time.process_time() - busy) * 1e3)
    both = np.array(decode) + paint
    for name, times in (("decoding", decode), ("painting", paint), ("together", both),
                        ("processor time", processor)):  # fmt: skip
        print(f"{name}: {np.median(times):.1f} ms, 95 %: {np.percentile(times, 95):.1f} ms")
    print(f"{', '.join(page.queue.modalities)}; {live.status().runtime}")
    window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else default_weights(), sys.argv[2] if len(sys.argv) > 2 else "auto")
