"""The labelling view: every key does what it says and is written before anything else happens."""

import time
from pathlib import Path

import numpy as np
import pytest
from builders import hand_of, prior, result_of
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from qt import pump
from sessions import make_frame, make_pose

from handcam.gui.sessions.labelling import LabellingView
from handcam.session import Session, open_session
from handcam.session.labels import Label, Labels
from handcam.session.writer import SessionWriter, header
from handcam.types import Controls, HandcamError, Side


def record(path: Path, hands: int) -> Session:
    """Frames with one right hand each, but for every third."""
    rng = np.random.default_rng(0)
    writer = SessionWriter(path, header("demo", None, Controls(), {}, 0))
    for n in range(hands):
        frame, pose = make_frame(n, depth=False, time_ns=n * 33_000_000), make_pose(rng)
        hand = hand_of(pose, 7, posterior=prior(4))
        writer.write_frame(frame)
        writer.write_result(result_of(frame, (hand,) if n % 3 else (), time_ns=n))
    writer.close(dropped=0)
    return open_session(path)


def show(view: LabellingView) -> None:
    """Show a view and wait until keys reach it."""
    view.show()
    view.activateWindow()
    assert pump(lambda: QApplication.activeWindow() is view)


def test_keys_give_verdicts_that_are_in_the_file_at_once(app, tmp_path):
    with record(tmp_path / "s", 9) as session:  # hands in frames 1 2 4 5 7 8
        view = LabellingView(session, Labels(session.path))
        show(view)

        def press(*keys: Qt.Key) -> list[tuple[int, bool, Side]]:
            for key in keys:
                QTest.keyClick(view, key)
            file = Labels(session.path)
            labels = [file.get(n, 7) for n, _, _ in view.hands]
            return [(label.frame, label.accepted, label.side) for label in labels if label is not None]

        assert [n for n, _, _ in view.hands] == [1, 2, 4, 5, 7, 8]
        assert press(Qt.Key.Key_A) == [(1, True, Side.RIGHT)]
        assert view.at == 1
        assert press(Qt.Key.Key_R)[1:] == [(2, False, Side.RIGHT)]
        assert press(Qt.Key.Key_S)[2:] == [(4, True, Side.LEFT)]
        assert view.at == 2
        assert press(Qt.Key.Key_R)[2:] == [(4, False, Side.LEFT)]
        press(Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Left)
        assert view.at == 0
        assert press(Qt.Key.Key_R)[0] == (1, False, Side.RIGHT)
        press(Qt.Key.Key_N)
        assert view.at == 3
        press(Qt.Key.Key_End)
        assert press(Qt.Key.Key_A)[-1] == (8, True, Side.RIGHT)
        assert view.at == 5
        press(Qt.Key.Key_N)
        assert view.at == 3
        view.close()
    with open_session(tmp_path / "s") as session:  # the next time it begins where the last one ended
        view = LabellingView(session, Labels(session.path))
        assert view.at == 3
        assert [view.verdict(i) for i in range(6)] == [False, False, False, None, None, True]
        view.close()


def test_playing_goes_on_and_stops_at_the_end(app, tmp_path):
    with record(tmp_path / "s", 6) as session:
        view = LabellingView(session, Labels(session.path))
        show(view)
        QTest.keyClick(view, Qt.Key.Key_Space)
        end = time.monotonic() + 10
        while view.at < 3 and time.monotonic() < end:
            QTest.qWait(5)
        assert view.at == 3
        assert len(Labels(session.path)) == 0
        view.close()


def test_a_disk_that_refuses_is_told_and_nothing_moves(app, tmp_path):
    with record(tmp_path / "s", 4) as session:
        view = LabellingView(session, Labels(session.path))
        show(view)
        (session.path / "labels.jsonl").mkdir()
        QTest.keyClick(view, Qt.Key.Key_A)
        assert view.at == 0
        assert view.verdict(0) is None
        assert "cannot be written" in view.view.hint
        view.close()


def test_a_session_without_hands_is_told(app, tmp_path):
    with record(tmp_path / "s", 1) as session, pytest.raises(HandcamError, match="nothing to label"):
        LabellingView(session, Labels(session.path))


def test_the_picture_shows_the_label(app, tmp_path):
    with record(tmp_path / "s", 3) as session:
        labels = Labels(session.path)
        view = LabellingView(session, labels)
        view.resize(640, 480)
        before = view.grab().toImage()
        labels.put(Label(1, 7, False, Side.LEFT))
        view.show_hand(0)
        assert "left, not right" in view.verdict_text.text()
        assert view.grab().toImage() != before
        view.close()
