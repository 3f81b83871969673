"""Sessions of moving hands on disk, with what went into them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from moving_hands import CAMERA, result

from handcam.session import Recorder, open_session
from handcam.session.export import ExportSettings, convert
from handcam.types import Frame, Result, Side

RIGHT, LEFT, BOTH = (Side.RIGHT,), (Side.LEFT,), (Side.RIGHT, Side.LEFT)


@dataclass(frozen=True)
class Recorded:
    """A session and what went into it, frame by frame (None: recorded but not processed)."""

    path: Path
    results: list[tuple[Frame, Result | None]]

    def convert(self, format: str, out: Path, settings: ExportSettings = ExportSettings(), **more) -> list[Path]:
        with open_session(self.path) as session:
            return convert(session, format, out, settings, **more)

    def joints(self, side: Side, raw: bool = False) -> np.ndarray:
        """(n 21 3), NaN where the side was not seen."""
        out = np.full((len(self.results), 21, 3), np.nan)
        for i, (_, seen) in enumerate(self.results):
            for hand in seen.hands if seen is not None else ():
                if hand.pose.side is side:
                    out[i] = (hand.raw if raw else hand.pose).joints_m
        return out

    @property
    def index(self) -> np.ndarray:
        return np.array([frame.index for frame, _ in self.results])

    @property
    def time_ns(self) -> np.ndarray:
        return np.array([frame.time_ns for frame, _ in self.results])


def record(path: Path, plan: list[tuple[int, tuple[Side, ...] | None]]) -> Recorded:
    results: list[tuple[Frame, Result | None]] = []
    recorder = Recorder(path, "demo")
    rng = np.random.default_rng(0)
    for index, sides in plan:
        made = result(index, sides or ())
        color = np.full((CAMERA.height, CAMERA.width, 3), 60, np.uint8)
        color[100 + index : 200 + index, 200:300] = rng.integers(0, 255, 3)
        frame = replace(made.frame, color=color)
        made = replace(made, frame=frame)
        assert recorder.put_frame(frame)
        if sides is not None:
            recorder.put_result(made)
        results.append((frame, made if sides is not None else None))
    recorder.close()
    return Recorded(path, results)
