"""A trimmed session holds the frames between two of another, bit for bit, and nothing else; marks can be changed."""

from pathlib import Path

import numpy as np
import pytest
from sessions import record, same_hand
from typed import present

from handcam.session import open_session, repair, trim, write_marks
from handcam.session.labels import Label, Labels
from handcam.session.marks import MARKS_FILE
from handcam.types import RecordingError, Side


def test_what_lies_between_is_kept_and_the_rest_is_gone(tmp_path: Path) -> None:
    record(tmp_path / "take", 70)
    Labels(tmp_path / "take").put(*(Label(n, 0, True, Side.RIGHT) for n in (20, 40, 60)))
    write_marks(tmp_path / "take", [(20, "before"), (35, "here")])
    report = trim(tmp_path / "take", 38, 50)
    assert report.out == tmp_path / "take-trimmed"
    assert (report.first, report.last) == (30, 50), "colour has a key picture every 30 frames"
    with open_session(tmp_path / "take") as old, open_session(report.out) as new:
        assert new.clean
        assert not new.problems
        assert len(new) == 21
        assert new.header["trimmed"] == {"first": 30, "last": 50, "frames": 70}
        assert new.marks == ((5, "here"),)
        for n in range(21):
            one, two = present(old.frame(30 + n)), present(new.frame(n))
            np.testing.assert_array_equal(present(one.depth), present(two.depth))
            np.testing.assert_array_equal(present(one.color), present(two.color))
            for a, b in zip(present(old.result(30 + n)).hands, present(new.result(n)).hands, strict=True):
                same_hand(a, b)
    assert [(x.frame, x.track) for x in Labels(report.out).accepted()] == [(10, 0)]
    assert repair(report.out).out is None
    old_bytes, new_bytes = (next(each.glob("video-*")).stat().st_size for each in (tmp_path / "take", report.out))
    assert new_bytes < 0.5 * old_bytes


def test_frames_that_are_not_there_and_a_folder_in_use_are_refused(tmp_path: Path) -> None:
    record(tmp_path / "take", 4)
    for first, last in ((-1, 2), (2, 1), (0, 4)):
        with pytest.raises(RecordingError, match="from 0"):
            trim(tmp_path / "take", first, last)
    with pytest.raises(RecordingError, match="not empty"):
        trim(tmp_path / "take", 0, 2, tmp_path / "take")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take"]


def test_marks_are_changed_and_outlive_a_repair(tmp_path: Path) -> None:
    record(tmp_path / "take", 8)
    write_marks(tmp_path / "take", [(6, "opens"), (2, "pinch")])
    with open_session(tmp_path / "take") as session:
        assert session.marks == ((2, "pinch"), (6, "opens"))
    video = next((tmp_path / "take").glob("video-*"))
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    with open_session(present(repair(tmp_path / "take").out)) as repaired:
        assert repaired.marks == ((2, "pinch"), (6, "opens"))
    (tmp_path / "take" / MARKS_FILE).write_text("{")
    with open_session(tmp_path / "take") as session:
        assert [name for _, name in session.marks] == ["here"], "a damaged file leaves those of the recording"
