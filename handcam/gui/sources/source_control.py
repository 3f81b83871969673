"""Open and play sources, and change the runtime; whatever may take long runs beside the window."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.background_worker import BackgroundWorker
from handcam.gui.style.language import tr
from handcam.live import Live

__all__ = ["RuntimeChoice", "SourceControl", "short_name", "source_from_path"]

RECENT = 8
"""Files and folders that are remembered."""
_CAMERAS = ("webcam", "realsense")
_REMEMBERED = ("video", "images", "recording")
_PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"}
_FILES = (
    "Videos, pictures, sessions (*.mp4 *.mkv *.avi *.mov *.webm *.png *.jpg *.jpeg *.bag *.db3 session.json)"
    ";;All files (*)"
)


def source_from_path(path: Path) -> str:
    """Name the source that plays a file or folder: a session, pictures, a RealSense recording, or else a video."""
    if path.is_dir():
        return f"recording:{path}" if (path / "session.json").exists() else f"images:{path}"
    if path.name == "session.json":
        return f"recording:{path.parent}"
    suffix = path.suffix.lower()
    scheme = "images" if suffix in _PICTURES else "realsense" if suffix in (".bag", ".db3") else "video"
    return f"{scheme}:{path}"


def short_name(source: str) -> str:
    """A source for people: the name of a file without its folders."""
    scheme, _, rest = source.partition(":")
    return Path(rest).name or source if scheme in ("video", "images", "recording", "realsense") and rest else source


@dataclass(frozen=True, slots=True)
class RuntimeChoice:
    """Runtimes that can be chosen while the app runs."""

    names: tuple[str, ...]
    """As ``--runtime`` takes them."""
    chosen: str
    """The one at the start."""
    change: Callable[[str], object]
    """Runs the model on another; may take its time, and raises :class:`~handcam.types.HandcamError` when it does not
    run here, the old one going on."""


class SourceControl(QObject):
    """Turns actions into calls of the pipeline; what fails is one sentence in :attr:`problem`."""

    message = Signal(str, float)
    """One sentence for the status line, and for how many seconds."""
    leaving = Signal()
    """Another source is about to be opened; what is done before is done first."""
    opened = Signal(object)
    """Another source is open; frames from before this time (ns, an int) are the old one's."""
    runtime_changed = Signal(str)
    """Another runtime is being opened, or the old one goes on after all."""

    def __init__(
        self, window: QWidget, live: Live, actions: ActionRegistry, worker: BackgroundWorker,
        change_source: Callable[[str], object], runtimes: RuntimeChoice | None, requested: str = "",
    ) -> None:  # fmt: skip
        """
        Args:
            window: parent of dialogs.
            live: the pipeline.
            actions: those that are about sources are connected.
            worker: opens and records beside the window.
            change_source: opens ``scheme:rest`` instead of the present source.
            runtimes: what can run the model; None for no choice.
            requested: the source at the start.
        """
        super().__init__(window)
        self._window, self._live, self._worker = window, live, worker
        self._change_source, self._runtimes = change_source, runtimes
        self.problem = ""
        """Why the last try did not work, until the user has seen it."""
        self.requested = requested
        """The source picked last, to be named while it cannot say its own name."""
        self.camera = requested if requested.partition(":")[0] in _CAMERAS else ""
        """Camera that was picked last."""
        self.recent: list[str] = []
        """Files and folders that were opened, the last first."""
        self._runtime = runtimes.chosen if runtimes is not None else ""
        actions.connect_triggers(
            window, open_file=self.ask_file, open_folder=self.ask_folder, open_url=self.ask_url, retry=self.retry,
            use_demo=lambda: self.open_source("demo"), dismiss=self.dismiss, pause=self.toggle_pause,
            play_again=self.play_again,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------ sources

    def open_source(self, source: str) -> None:
        """Open another source; when that fails the present one goes on."""
        self.dismiss()
        self.leaving.emit()
        self.message.emit(tr("Opening {0}…", source), 6.0)

        def change() -> int:
            start_ns = time.perf_counter_ns()
            self._change_source(source)
            return start_ns

        def opened(start_ns: int) -> None:
            self.message.emit("", 0.0)
            self.requested = source
            if source.partition(":")[0] in _CAMERAS:
                self.camera = source
            if source.partition(":")[0] in _REMEMBERED:
                self.recent = [source, *(s for s in self.recent if s != source)][:RECENT]
            self.opened.emit(start_ns)

        self._worker.run(change, opened, self.fail)

    def open_path(self, path: Path) -> None:
        """Open the source that plays a file or folder."""
        self.open_source(source_from_path(path))

    def retry(self) -> None:
        """Open the present source again."""
        self.message.emit(tr("Opening {0} again…", self.requested or tr("the source")), 6.0)
        self._worker.run(self._live.restart, failed=self.fail)

    @property
    def session(self) -> Path | None:
        """Folder of the session that is played; None for another source."""
        scheme, _, rest = self.requested.partition(":")
        return Path(rest) if scheme == "recording" else None

    def ask_file(self) -> None:
        """Ask for a video, picture, session or RealSense recording."""
        path, _ = QFileDialog.getOpenFileName(self._window, tr("Open"), "", _FILES)
        if path:
            self.open_path(Path(path))

    def ask_folder(self) -> None:
        """Ask for a session or a folder of pictures."""
        path = QFileDialog.getExistingDirectory(self._window, tr("Open a session or a folder of pictures"))
        if path:
            self.open_path(Path(path))

    def ask_url(self) -> None:
        """Ask for a network camera."""
        address = tr("Address, e.g. http://192.168.1.20:8080/video")
        text, sure = QInputDialog.getText(self._window, tr("Network camera"), address)
        if sure and text.strip():
            self.open_source(f"webcam:{text.strip()}")

    def dismiss(self) -> None:
        """Drop the problem: the user has read it."""
        self.problem = ""

    def fail(self, why: str) -> None:
        """Say what did not work."""
        self.problem = why
        self.message.emit(why, 15.0)

    # ------------------------------------------------------------------------------------------------ runtimes

    def open_runtime(self, name: str) -> None:
        """Run the model on another runtime; when that fails the present one goes on."""
        runtimes = self._runtimes
        if runtimes is None:
            return
        self.dismiss()
        before, self._runtime = self._runtime, name
        self.message.emit(tr("Opening the runtime {0}…", name), 60.0)
        self.runtime_changed.emit(name)

        def failed(why: str) -> None:
            self._runtime = before
            self.runtime_changed.emit(before)
            self.fail(why)

        self._worker.run(lambda: runtimes.change(name), lambda _: self.message.emit("", 0.0), failed)

    # --------------------------------------------------------------------------------------- play and record

    def toggle_pause(self) -> None:
        """Pause, or go on; a source that has ended starts again."""
        state = self._live.status().state
        if state == "ended":
            self.play_again()
        else:
            self._live.pause(state != "paused")

    def play_again(self) -> None:
        """Play from the start."""
        self._live.seek(0)
        self._live.pause(self._live.status().stills)
