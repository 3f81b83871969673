"""What the first start costs: a model opened at once and with all runtimes measured, and frames of the demo.

python examples/figures/first_start.py
"""

import os
import tempfile
import time

from handcam.api import open_tracker
from handcam.sources import SourceSettings, open_source

FRAMES = 20


def main() -> None:
    for at_once in (True, False):
        with tempfile.TemporaryDirectory() as cache:
            os.environ["HANDCAM_CACHE"] = cache
            start, clock = time.process_time(), time.perf_counter()
            open_tracker(at_once=at_once).close()
            print(f"at once {at_once!s:5}: {time.process_time() - start:5.2f} s of processor time, "
                  f"{time.perf_counter() - clock:5.2f} s by the clock")  # fmt: skip
    demo = open_source("demo", SourceSettings(realtime=False))
    demo.read()  # loads what renders
    for name in ("rendered", "kept"):
        vars(demo)["_index"] = 1
        start = time.thread_time()
        for _ in range(FRAMES):
            demo.read()
        print(f"demo, {name}: {(time.thread_time() - start) / FRAMES * 1e3:5.1f} ms of its thread a frame")


if __name__ == "__main__":
    main()
