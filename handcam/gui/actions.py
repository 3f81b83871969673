"""What buttons and keys do."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QInputDialog

from handcam.gui.camera.picture import Plane
from handcam.gui.source_from_path import FILES, source_of
from handcam.types import Side

if TYPE_CHECKING:
    from handcam.gui.window import Window

__all__ = ["HANDS", "Actions"]

_DEFAULT_SAMPLES = 8
HANDS = {"both": (2, None), "one": (1, None), "left only": (1, Side.LEFT), "right only": (1, Side.RIGHT)}
"""How many to follow, and which side every hand is taken for."""


class Actions:
    """One method for each thing a user can do; the names are those of :data:`handcam.gui.help.KEYS`."""

    def __init__(self, window: "Window", change_source: Callable[[str], object], recordings: Path) -> None:
        self._window, self._change_source, self._recordings = window, change_source, recordings
        self.problem = ""
        """What went wrong last, until the user has seen it."""
        bar, views = window.bar, window.views
        bar.mirror.clicked.connect(self.toggle_mirror)
        bar.smooth.clicked.connect(self.toggle_smooth)
        bar.panels.clicked.connect(self.toggle_dock)
        bar.help.clicked.connect(self.toggle_help)
        bar.pick.connect(lambda source: self.pick(source))
        bar.open_file.connect(self.open_file)
        bar.open_folder.connect(self.open_folder)
        bar.open_url.connect(self.open_url)
        bar.pause.connect(self.toggle_pause)
        bar.record.connect(self.toggle_record)
        if window.runtime is not None:
            window.runtime.pick.connect(lambda name: self.pick_runtime(name))
        bar.source.menu().aboutToShow.connect(self.list_devices)
        for name, sides in HANDS.items():
            views.hands.menu().addAction(
                name, lambda sides=sides: window.knobs.set(max_hands=sides[0], lock_side=sides[1])
            )
        views.samples.clicked.connect(lambda on: self._samples_switched(on))

    def begin(self) -> None:
        """What can wait until the window is on the screen."""
        self._window.views.scene.start()
        self.list_devices()

    def follow(self) -> None:
        """Bring the switches to what is so at the start."""
        window = self._window
        window.bar.mirror.setChecked(window.views.camera.mirror)
        window.bar.panels.setChecked(True)
        window.views.samples.setChecked(window.knobs.controls.samples > 0)
        window.knobs.changed.connect(self._follow_controls)
        self._follow_controls()
        window.views.follow()

    def _follow_controls(self) -> None:
        """Samples are switched on exactly when they are decoded; the hands to follow have a name."""
        views, controls = self._window.views, self._window.knobs.controls
        now = controls.max_hands, controls.lock_side
        views.hands.show_value(next((name for name, sides in HANDS.items() if sides == now), "custom"))
        if views.samples.isChecked() != (controls.samples > 0):
            views.samples.setChecked(controls.samples > 0)
            views.follow()

    # ------------------------------------------------------------------------------------------------ sources
    def list_devices(self) -> None:
        """Look for cameras, beside the window."""
        listing = self._window.list_devices
        if listing is not None:
            self._window.lookout.run(listing, self._window.bar.fill_sources)

    def pick(self, source: str) -> None:
        """Open another source; when that fails the present one goes on."""
        self.forgive()
        window = self._window
        window.line.say(f"Opening {source}…")

        def change() -> int:
            start_ns = time.perf_counter_ns()
            self._change_source(source)
            return start_ns

        def opened(start_ns: int) -> None:
            window.line.say("")
            window.wanted = source
            if window.result is not None and window.result.frame.time_ns < start_ns:  # still the old source's
                window.forget()

        window.errands.run(change, lambda start_ns: opened(start_ns), self._fail)

    def use_demo(self) -> None:
        self.pick("demo")

    def retry(self) -> None:
        """Open the present source again."""
        self._window.errands.run(self._window.live.restart, failed=self._fail)

    def open_file(self) -> None:
        """Ask for a video, picture, session or RealSense recording."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open", "", FILES)
        if path:
            self.open_path(Path(path))

    def open_folder(self) -> None:
        """Ask for a session or a folder of pictures."""
        path = QFileDialog.getExistingDirectory(self._window, "Open a session or a folder of pictures")
        if path:
            self.open_path(Path(path))

    def open_path(self, path: Path) -> None:
        """Open what the path holds."""
        self.pick(source_of(path))

    def open_url(self) -> None:
        """Ask for a network camera."""
        text, sure = QInputDialog.getText(
            self._window, "Network camera", "Address, e.g. http://192.168.1.20:8080/video"
        )
        if sure and text.strip():
            self.pick(f"webcam:{text.strip()}")

    def forgive(self) -> None:
        """The user has read what went wrong."""
        self.problem = ""

    def pick_runtime(self, name: str) -> None:
        """Run the model on another runtime; when that fails the present one goes on."""
        window = self._window
        if window.runtime is None:
            return
        self.forgive()
        menu, change = window.runtime, window.runtime.change
        before = menu.value
        window.line.say(f"Opening the runtime {name}…", 60)
        menu.choose(name)

        def failed(why: str) -> None:
            menu.choose(before)
            self._fail(why)

        window.errands.run(lambda: change(name), lambda _: window.line.say(""), failed)

    def _fail(self, why: str) -> None:
        self._window.line.say("" if self._window.live_seen else why, 15)
        self.problem = why

    # ------------------------------------------------------------------------------------- play and record
    def toggle_pause(self) -> None:
        live, status = self._window.live, self._window.live.status()
        if status.state == "ended":
            self.play_again()
        else:
            live.pause(status.state != "paused")

    def play_again(self) -> None:
        self._window.live.seek(0)
        self._window.live.pause(False)

    def step_back(self) -> None:
        self._window.live.step(-1)

    def step_on(self) -> None:
        self._window.live.step(1)

    def jump_back(self) -> None:
        self._window.bar.transport.jump(-1.0)

    def jump_on(self) -> None:
        self._window.bar.transport.jump(1.0)

    def toggle_record(self) -> None:
        """Begin a session named after the time, or finish it."""
        window = self._window
        if window.live.status().recording is not None:
            window.errands.run(window.live.stop_recording, self._recorded, self._fail)
        else:
            path = self._recordings / time.strftime("%Y-%m-%d_%H-%M-%S")
            window.errands.run(lambda: window.live.start_recording(path), failed=self._fail)

    def _recorded(self, path: Path | None) -> None:
        if path is not None:
            self._window.line.say(f"Saved {path}", 12)

    def mark(self) -> None:
        """Put a mark into the session."""
        if self._window.live.status().recording is not None:
            self._window.live.mark("mark")
            self._window.line.say("Marked this moment")

    # ------------------------------------------------------------------------------------------------- latent
    def freeze(self) -> None:
        self._window.knobs.freeze(not self._window.knobs.frozen)

    def sample(self) -> None:
        self._window.knobs.sample()

    def reset_latent(self) -> None:
        self._window.knobs.reset()

    def next_drive(self) -> None:
        names = self._window.bar.drives
        now = self._window.knobs.controls.drive
        self._window.knobs.set(drive=names[(names.index(now) + 1) % len(names) if now in names else 0])

    def toggle_smooth(self) -> None:
        knobs = self._window.knobs
        knobs.set(filters=() if knobs.controls.filters else ("one_euro",))

    # -------------------------------------------------------------------------------------------------- views
    def toggle_mirror(self) -> None:
        camera = self._window.views.camera
        camera.mirror = not camera.mirror
        self._window.bar.mirror.setChecked(camera.mirror)
        camera.again()

    def next_plane(self) -> None:
        views = self._window.views
        planes = list(Plane)
        views.show_plane(planes[(planes.index(views.camera.plane) + 1) % len(planes)])

    def toggle_crop(self) -> None:
        self._window.views.crop.click()

    def toggle_truth(self) -> None:
        self._window.views.truth.click()

    def toggle_surface(self) -> None:
        self._window.views.surface.click()

    def toggle_samples(self) -> None:
        self._window.views.samples.click()

    def toggle_points(self) -> None:
        self._window.views.points.click()

    def reset_view(self) -> None:
        self._window.views.scene.reset_view()

    def _samples_switched(self, on: bool) -> None:
        """The switch also asks for samples when none are decoded yet, and saves their cost when it is off."""
        knobs = self._window.knobs
        knobs.set(samples=(knobs.controls.samples or _DEFAULT_SAMPLES) if on else 0)

    def next_page(self) -> None:
        """Live, Explorer, Map, and round again."""
        self._window.pages.next_page()

    def toggle_dock(self) -> None:
        window = self._window
        window.dock.setVisible(window.dock.isHidden())
        window.bar.panels.setChecked(not window.dock.isHidden())

    def toggle_help(self) -> None:
        self._window.help.toggle()

    def full_screen(self) -> None:
        window = self._window
        window.showNormal() if window.isFullScreen() else window.showFullScreen()

    def quit(self) -> None:
        self._window.close()
