"""What is said of a direction."""

from handcam.model.latent.directions import Direction

__all__ = ["POOR", "explain", "said_of"]

POOR = 0.3
"""Share explained below which a named direction is doubtful."""


def said_of(direction: Direction, value: float, hand_length_m: float) -> str:
    """The value of a named direction's parameter, with its unit, for a pose.

    Args:
        direction: a named one.
        value: as :func:`handcam.model.latent.parameters.parameters_of` gives it.
        hand_length_m: of the user's hand.
    """
    if direction.unit == "hand lengths":  # how far thumb and index are apart
        return f"{-value * hand_length_m * 100:.1f} cm"
    return f"{value:+.0f}°" if direction.unit == "°" else f"{value:+.2f}"


def explain(direction: Direction) -> str:
    """What a slider does, and how to move it."""
    said = [f"One sigma moves a joint by {direction.mm:.1f} mm on average."]
    if direction.r2 is not None:
        said = [f"{direction.r2:.0%} of the differences between hands that were held out are explained (R²)."]
        if direction.r2 < POOR:
            said.append("So the latent hardly knows it: expect other things to move as well.")
        if direction.gain is not None:
            amount = f"{direction.gain:+.0f}°" if direction.unit == "°" else f"{direction.gain:+.2f} {direction.unit}"
            said.append(f"One sigma changes it by {amount.strip()}, and moves a joint by {direction.mm:.1f} mm.")
    said.append("Left picture: 2 sigma down from here; right picture: 2 sigma up. The band is the live posterior.")
    return "\n".join([*said, "Drag the knob; click a picture for half a sigma; double-click: back; Ctrl wheel: fine."])
