"""Explorer page: one latent in every modality, directions to move along, interpolation, neighbours and presets."""

from handcam.gui.actions import Command

__all__ = ["COMMANDS"]

COMMANDS = (
    Command("undo", "undo", "Ctrl+Z", caption="Undo", tip="Back to where the last move began"),
    Command("redo", "redo", "Ctrl+Shift+Z Ctrl+Y", caption="Redo", tip="What was undone, again"),
    Command("capture_a", "take the pose as A", "A", caption="A", tip="Take the pose shown as A"),
    Command("capture_b", "take the pose as B", "B", caption="B", tip="Take the pose shown as B"),
    Command("play_interpolation", "interpolate from A to B", "W", caption="Play",
            tip="Interpolate from A to B and back", checkable=True),
    Command("save_preset", "save a preset", "Ctrl+S", caption="Save", tip="Keep the pose shown under a name"),
    Command("", "choose and move a slider", shown="arrows"),
)  # fmt: skip
"""Actions that work while the page is seen."""
