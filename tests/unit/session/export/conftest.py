"""One session for all exporters: both hands, lost frames, a hand that goes and comes back, frames nobody processed."""

import pytest
from recorded_hands import BOTH, LEFT, RIGHT, Recorded, record

from handcam.types import Side


@pytest.fixture(scope="session")
def recorded(tmp_path_factory) -> Recorded:
    plan: list[tuple[int, tuple[Side, ...] | None]] = [(5 + i, BOTH) for i in range(6)]
    plan += [(11, RIGHT), (12, RIGHT), (13, ()), (14, ()), (15, None)]  # left goes, then both, then nobody looked
    plan += [(19 + i, LEFT) for i in range(3)]  # the device lost 16 to 18
    plan += [(22 + i, BOTH) for i in range(5)]
    return record(tmp_path_factory.mktemp("export") / "session", plan)


@pytest.fixture(scope="session")
def empty(tmp_path_factory) -> Recorded:
    """Frames, but never a hand."""
    return record(tmp_path_factory.mktemp("export") / "empty", [(i, ()) for i in range(3)])
