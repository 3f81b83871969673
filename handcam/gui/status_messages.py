"""What the window says about the state of things: a card over the picture, or one line in it."""

from dataclasses import dataclass

from handcam.live import LiveStatus

__all__ = ["Saying", "say"]


@dataclass(frozen=True, slots=True)
class Saying:
    """A card when there is a title, else a hint."""

    title: str = ""
    """Heading of the card."""
    text: str = ""
    """One sentence."""
    buttons: tuple[tuple[str, str], ...] = ()
    """Captions, and the method of the window's actions behind each; the main one first."""
    hint: str = ""
    """One line at the bottom of the picture."""


def say(status: LiveStatus, hand: bool, picture: bool, problem: str, wanted: str, remark: str = "") -> Saying:
    """What to say.

    Args:
        status: of the pipeline.
        hand: is one in view?
        picture: is there anything to see yet?
        problem: what the user tried and did not work, one sentence; empty when nothing is wrong.
        wanted: the source picked last.
        remark: what there is to say about the hand in view; empty when there is nothing.
    """
    name = status.source or wanted or "the source"
    if status.state == "failed":
        buttons = (("Retry", "retry"), ("Use the demo hand", "use_demo"))
        return Saying("No picture", status.failure or "The source has failed.", buttons)
    if problem:
        return Saying("That did not work", problem, (("Close", "forgive"),))
    if status.state == "ended":
        return Saying("The end", f"{name} has been played.", (("Play again", "play_again"),))
    if status.state == "starting":
        if not picture:
            return Saying("Starting", f"Opening {name}…")
        return Saying(hint="Loading the model…" if not status.runtime else f"Opening {name}…")
    if not hand and picture:
        return Saying(hint="No hand in view: hold one up to the camera")
    if hand and remark:
        return Saying(hint=remark)
    if status.state == "paused":
        return Saying(hint="Paused: the sliders go on working")
    return Saying()
