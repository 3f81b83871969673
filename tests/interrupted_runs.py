"""Run the program without a window, again and again, each time with a signal in the middle.

Outside pytest, which ends at a signal that comes a moment too late; prints one JSON object a run.
"""

import json
import os
import signal
import sys
from pathlib import Path

from builders import InstantTracker

import handcam.api
from handcam.cli import main
from handcam.types import Controls, Frame, Result

BEFORE = 7
"""Frames that are tracked before the first that brings a signal."""


def run(clip: str, report: Path, how: signal.Signals, times: int) -> dict[str, object]:
    class Interrupting(InstantTracker):
        tracked = 0

        def track(self, frame: Frame, controls: Controls = Controls()) -> Result:
            if BEFORE <= self.tracked < BEFORE + times:
                os.kill(os.getpid(), how)
            self.tracked += 1
            return super().track(frame, controls)

    handcam.api.open_tracker = lambda *_, **__: Interrupting()
    before = signal.getsignal(how)
    code = main(["--source", f"video:{clip}", "--headless", "--report", str(report)])
    processed = json.loads(report.read_text())["frames"]["processed"]
    restored = signal.getsignal(how) is before
    return {"how": how.name, "times": times, "code": code, "restored": restored, "processed": processed}


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started this may ignore it
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for times in (1, 3):
            print(json.dumps(run(sys.argv[1], Path(sys.argv[2]), how, times)), flush=True)
