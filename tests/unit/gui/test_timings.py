from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_live import result

from handcam.gui.actions import COMMANDS, ActionRegistry
from handcam.gui.pages import page_commands
from handcam.gui.panels.timings import SECTIONS, FrameTimings
from handcam.gui.sources.source_control import source_from_path


def test_rate_age_and_sections_are_of_the_last_seconds() -> None:
    timings, seen = FrameTimings(), result(0.0)
    for k in range(120):  # four seconds at 30 per second
        timings.add_result(replace(seen, time_ns=int((100 + k / 30) * 1e9)))
        timings.add_painted(100 + k / 30, 10.0 + (k >= 90) * 10)
    now = 100 + 119 / 30
    assert timings.sample_rate(now) == pytest.approx(30, rel=0.02)
    assert timings.age_ms(now) == 20.0
    when, rows = timings.sections(now)
    assert rows.shape == (120, len(SECTIONS))
    assert when.max() <= 0
    np.testing.assert_allclose(rows[0, SECTIONS.index("crop")], seen.times_ms["crop"])
    assert len(timings.sections(now + 20)[0]) == 0
    timings.clear()
    assert timings.age_ms(now) is None
    assert timings.ages(now).shape == (0, 2)


def test_files_and_folders_become_sources(tmp_path: Path) -> None:
    (tmp_path / "session").mkdir()
    (tmp_path / "session" / "session.json").write_text("{}")
    assert source_from_path(tmp_path / "session") == f"recording:{tmp_path / 'session'}"
    assert source_from_path(tmp_path) == f"images:{tmp_path}"
    assert source_from_path(Path("a/clip.MP4")) == f"video:{Path('a/clip.MP4')}"
    assert source_from_path(Path("hand.png")) == "images:hand.png"
    assert source_from_path(Path("old.bag")) == "realsense:old.bag"


def test_no_key_is_given_twice(app: object) -> None:
    groups = COMMANDS | page_commands()
    commands = [command for group in groups.values() for command in group]
    keys = [sequence for command in commands for sequence in command.keys.split()]
    assert len(keys) == len(set(keys))
    names = [command.name for command in commands if command.name]
    assert sorted(ActionRegistry(groups)) == sorted(names)
