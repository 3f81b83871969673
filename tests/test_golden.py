"""The tracker says of fixed frames what it said when they were recorded (``golden_tracking.py``)."""

import cv2
import numpy as np
import pytest
from golden_tracking import RUNS, STORED, answers, file_of, sequences

FAST = [run for run in RUNS if run[0] != "eager" or run[1] in ("auto", "rgb")]
TOLERANCE = {"int8": 3.0, "float32": 0.02, "eager": 0.02}
"""Largest distance of a joint, mm. 8 bits are rounded as the processor can; a changed bit then moves a joint."""
OTHER_OPENCV = {"int8": 100.0, "float32": 15.0, "eager": 15.0}
"""The same where the record was made with another major version of OpenCV: it resamples crops with other rounding."""
QUICK = 4
"""Frames that the slowest runtime goes through in every run of the tests; the others take a whole sequence."""


@pytest.mark.parametrize(("runtime", "drive"), RUNS)
def test_first_answers_are_as_recorded(runtime: str, drive: str) -> None:
    compare(
        runtime, drive, {"depth"} if drive in ("depth", "fused") else {"one"}, QUICK if runtime == "eager" else None
    )


@pytest.mark.slow
@pytest.mark.parametrize(("runtime", "drive"), RUNS)
def test_answers_are_as_recorded(runtime: str, drive: str) -> None:
    stored = set(STORED) if (runtime, drive) in FAST else {"one", "depth"}
    compare(runtime, drive, stored | ({name for name, _ in sequences()} if (runtime, drive) == RUNS[0] else set()))


def compare(runtime: str, drive: str, sequences: set[str], count: int | None = None) -> None:
    """Run the first ``count`` frames of these sequences, all by default, and hold them to the record."""
    found = answers(runtime, drive, sequences, count)
    with np.load(file_of(runtime, drive)) as file:
        same_opencv = (str(file["opencv"]) if "opencv" in file.files else "4") == cv2.__version__[0]
        wanted = {key: file[key] for key in file.files if key.partition(".")[0] in {k.partition(".")[0] for k in found}}
    if count is not None:
        rows = {key.partition(".")[0]: want < count for key, want in wanted.items() if key.endswith(".frame")}
        wanted = {
            key: want if key.endswith(".sections") else want[rows[key.partition(".")[0]]]
            for key, want in wanted.items()
        }
    assert found.keys() == wanted.keys()
    limit = (TOLERANCE if same_opencv else OTHER_OPENCV)[runtime.partition(":")[2] or "eager"]
    if (runtime, drive) == ("eager", "depth"):
        limit = max(
            limit, 5.0
        )  # which reading belongs to which skin can tip over with the last bit of the nets, and grows
    for key, want in wanted.items():
        got, (sequence, _, field) = found[key], key.partition(".")
        assert got.shape == want.shape, key
        if want.dtype.kind not in "f":
            assert (got == want).all(), key
            continue
        scale = {"joints_m": 1e3, "raw_m": 1e3, "samples_m": 1e3, "sigma_m": 1e3, "score": 100.0, "z": 10.0,
                 "box": 3.0, "keypoints_px": 10.0, "decoded.keypoints2d": 300.0, "decoded.rgb": 1.0,
                 "decoded.depth": 300.0}[field]  # fmt: skip
        np.testing.assert_allclose(
            got * scale, want * scale, atol=limit if same_opencv or sequence != "depth" else 40.0, rtol=0, err_msg=key
        )
