"""Copy the pose shown, and take snapshots: both views as a picture, and the pose as JSON beside it."""

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from handcam.gui.actions import ActionRegistry
from handcam.gui.style.language import tr
from handcam.hand.message import encode_message, frame_message, hand_message
from handcam.paths import write_atomic
from handcam.types import HandcamError, Result

__all__ = ["SnapshotControl", "pose_json"]


def pose_json(result: Result) -> str:
    """Describe the hands of a result as in ``docs/streaming.md``; a pose that was set is marked there."""
    hands = [hand_message(hand) for hand in result.hands or ((result.explored,) if result.explored else ())]
    return encode_message(frame_message(result.frame, hands)).decode()


class SnapshotControl:
    """Turns two actions into the clipboard and files."""

    def __init__(
        self, view: QWidget, actions: ActionRegistry, result: Callable[[], Result | None],
        folder: Callable[[], Path], say: Callable[[str], object],
    ) -> None:  # fmt: skip
        """
        Args:
            view: what a snapshot shows.
            actions: ``copy_pose`` and ``snapshot`` are connected.
            result: gives the newest result.
            folder: gives the folder; a snapshot goes into ``snapshots`` in it.
            say: shows a sentence.
        """
        self._view, self._result, self._folder, self._say = view, result, folder, say
        actions.connect_triggers(None, copy_pose=self.copy, snapshot=self.take)

    def copy(self) -> None:
        """Put the pose into the clipboard."""
        result = self._result()
        if result is None or not (result.hands or result.explored):
            self._say(tr("There is no hand to copy"))
            return
        QApplication.clipboard().setText(pose_json(result))
        self._say(tr("Copied the pose as JSON"))

    def take(self) -> Path | None:
        """Write both views and the pose; returns the picture's file."""
        path = (
            self._folder()
            / "snapshots"
            / f"{time.strftime('%Y-%m-%d_%H-%M-%S')}-{time.time_ns() // 1_000_000 % 1000:03d}"
        )
        picture, result = path.with_suffix(".png"), self._result()
        try:
            picture.parent.mkdir(parents=True, exist_ok=True)
            if not self._view.grab().save(str(picture)):
                raise HandcamError(f"The picture {picture} cannot be written; see that its folder can be.")
            if result is not None:
                write_atomic(path.with_suffix(".json"), pose_json(result) + "\n")
        except (OSError, HandcamError) as error:
            self._say(tr("No snapshot: {0}", error))
            return None
        self._say(tr("Saved {0}", picture))
        return picture
