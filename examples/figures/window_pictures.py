"""The pictures of docs/window.md and the README: the real window on the demo hand, and the same with plots and ruler.

python examples/figures/window_pictures.py assets
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2

from handcam.api import open_tracker
from handcam.gui.event_loop import application
from handcam.gui.window import CameraOptions, Window
from handcam.hand.skeleton import JOINTS
from handcam.live import Live
from handcam.model.weights import default_weights, read_card
from handcam.sources import SourceSettings, open_source

SIZE, FRAMES = (1280, 800), 90


def main(folder: Path) -> None:
    app = application()
    live = Live(lambda: open_source("demo", SourceSettings()), lambda: open_tracker(at_once=True), lossless=True)
    window = Window(live, read_card(default_weights()), default_weights(), CameraOptions(source="demo"))
    window.resize(*SIZE)
    window.show()
    window.begin()
    live.start()

    def until(ready) -> None:
        end = time.monotonic() + 600
        while not ready():
            assert time.monotonic() < end, "it takes too long"
            app.processEvents()
            time.sleep(0.005)

    page = window.live_page
    assert page is not None
    scene = page.views.scene
    until(lambda: scene.rendered and live.status().with_hand > FRAMES and window.directions.known)
    page.dock.latent.show_kind("named")
    live.pause(True)  # the figures of a busy computer are not the app's
    until(lambda: live.status().state == "paused")
    window.show_status(time.perf_counter())
    save(window, folder / "window.png")
    live.pause(False)
    page.dock.tabs.setCurrentIndex(2)
    scene.ruler.joints = [JOINTS.index("thumb_tip"), JOINTS.index("index_tip")]
    scene.ruler.changed.emit()
    seen = live.status().processed
    until(lambda: live.status().processed > seen + 20)
    assert page.dock.plots is not None
    page.dock.plots.show_group("index angles")
    until(lambda: live.status().processed > seen + 40)
    live.pause(True)
    until(lambda: live.status().state == "paused")
    window.show_status(time.perf_counter())
    save(window, folder / "window-plots.png")
    window.close()


def save(window: Window, out: Path) -> None:
    """Write what the window shows, with few colours, so that the file is small."""
    window.grab().save(str(out))
    picture = cv2.imread(str(out))
    assert picture is not None
    cv2.imwrite(str(out), picture // 4 * 4, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
