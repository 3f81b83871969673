"""Record, and what can be done with it: nothing is lost, and what cannot be is said."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fake_live import RUNNING, FakeLive, result
from PySide6.QtGui import QDesktopServices
from qt import pump
from sessions import record
from typed import present

from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.sessions.export_dialog import ExportDialog, format_summary
from handcam.gui.sessions.marks import MarksDialog
from handcam.gui.window import Window
from handcam.live import RecordingStatus
from handcam.plugins import names
from handcam.session import open_session

WRITING = RecordingStatus(Path("a"), 12.4, 372, 0, 1_900_000, None)


@pytest.fixture
def window(make_window: Callable[..., Window], live: FakeLive, tmp_path: Path) -> Window:
    made = make_window(change_source=lambda source: live.calls.append(("source", source)), recordings=tmp_path)
    made.show()
    return made


@pytest.mark.parametrize("state", ["failed", "ended"])
def test_a_recording_ends_with_its_source(window: Window, live: FakeLive, state: str) -> None:
    live.state = replace(RUNNING, recording=WRITING, state=state, failure="It is gone.")
    assert pump(lambda: ("stop recording",) in live.calls)
    assert pump(lambda: window.recording.saved == Path("a"))
    assert pump(lambda: not window.actions_["record"].isEnabled())
    assert state in window.actions_["record"].toolTip()


def test_changing_the_source_saves_first_and_says_so(window: Window, live: FakeLive) -> None:
    live.state = replace(RUNNING, recording=WRITING)
    window.sources.open_source("demo")
    assert pump(lambda: ("source", "demo") in live.calls)
    assert live.calls.index(("stop recording",)) < live.calls.index(("source", "demo"))
    assert pump(lambda: window.live_page.views.saved.shown == "Saved 12 s")


def test_what_was_saved_can_be_played_or_shown(
    window: Window, live: FakeLive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: shown.append(url.toLocalFile()))
    window.actions_["record"].trigger()
    assert pump(lambda: live.state.recording is not None)
    window.actions_["record"].trigger()
    assert pump(lambda: window.recording.saved is not None)
    path = window.recording.saved
    assert path is not None
    assert path.parent == tmp_path
    window.actions_["open_saved"].trigger()
    assert shown == [str(path)]
    path.mkdir()
    (path / "session.json").touch()
    window.actions_["play_saved"].trigger()
    assert pump(lambda: ("source", f"recording:{path}") in live.calls)
    assert window.recording.saved is None


def test_a_file_that_is_played_can_be_recorded_by_a_button_that_is_seen(window: Window, live: FakeLive) -> None:
    live.state = replace(RUNNING, source="video:a.mp4", source_live=False, seekable=True, length=300)
    live.put(result(0.4))
    bar = present(window.tool_bar)
    assert pump(lambda: bar.transport.isVisible())
    assert bar.record_button.isVisible()


def test_the_export_dialog_writes_a_session(app: object, tmp_path: Path) -> None:
    record(tmp_path / "take", 8)
    worker = BackgroundWorker()
    dialog = ExportDialog(None, tmp_path / "take", worker)
    assert {dialog.formats.item(k).text() for k in range(dialog.formats.count())} == set(
        names("handcam.session.export")
    )
    assert dialog.out.text() == str(tmp_path / "take.csv")
    assert "table" in dialog.about.text()
    dialog.begin()
    assert pump(lambda: (worker.deliver(), dialog.said.text().startswith("Written: take.csv"))[1])
    assert (tmp_path / "take.csv").exists()
    dialog.begin()  # once more: it is there
    assert pump(lambda: (worker.deliver(), "exists" in dialog.said.text())[1])
    dialog.close()
    worker.close(1)


def test_every_format_says_what_it_is() -> None:
    for name in names("handcam.session.export"):
        assert 20 < len(format_summary(name)) < 400, name


def test_without_a_session_export_says_what_it_needs(window: Window) -> None:
    window.actions_["export"].trigger()
    assert "first" in window.status_line.message


# -------------------------------------------------------------------------------------------------- marks and trim


def play(window: Window, live: FakeLive, path: Path, frames: int) -> None:
    record(path, frames)
    window.sources.requested = f"recording:{path}"
    live.state = replace(
        RUNNING, source=f"recording:{path.name}", source_live=False, seekable=True, length=frames, fps=100.0
    )


def test_marks_of_a_played_session_are_set_by_key_named_and_kept(
    window: Window, live: FakeLive, tmp_path: Path
) -> None:
    play(window, live, tmp_path / "take", 8)
    window.actions_["marks"].trigger()
    dialog = present(window.findChild(MarksDialog))
    live.state = replace(live.state, position=5)
    window.actions_["mark"].trigger()
    assert dialog.table.rowCount() == 1, "the key marks the frame that is shown"
    present(dialog.table.item(0, 1)).setText("pinch begins")
    with open_session(tmp_path / "take") as session:
        assert session.marks == ((5, "pinch begins"),)
    assert live.state.marks == ((5, "pinch begins"),), "the seek bar shows it at once"
    dialog.table.setCurrentCell(0, 1)
    dialog.delete()
    with open_session(tmp_path / "take") as session:
        assert session.marks == ()


def test_the_frames_between_two_marks_become_a_session(window: Window, live: FakeLive, tmp_path: Path) -> None:
    play(window, live, tmp_path / "take", 8)
    live.set_marks(((2, "from"), (5, "to")))
    window.actions_["marks"].trigger()
    dialog = present(window.findChild(MarksDialog))
    dialog.first.setCurrentIndex(1)
    dialog.last.setCurrentIndex(2)
    dialog.write.click()
    assert pump(lambda: dialog.play.isVisible())
    assert "begins 2 frames earlier" in dialog.said.text()
    with open_session(tmp_path / "take-trimmed") as session:
        assert len(session) == 6
    dialog.play.click()
    assert pump(lambda: ("source", f"recording:{tmp_path / 'take-trimmed'}") in live.calls)


def test_marks_without_a_session_say_what_to_do(window: Window) -> None:
    window.actions_["marks"].trigger()
    assert "Open a session first" in window.status_line.message
