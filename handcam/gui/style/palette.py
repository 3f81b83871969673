"""Colours of bars, panels and text: dark, or light. Views stay dark in both: the fingers' colours need it."""

from dataclasses import dataclass, fields

from handcam.gui.style import colours

__all__ = ["DARK", "LIGHT", "Palette", "palette", "use_palette"]


@dataclass(slots=True)
class Palette:
    """Colours by what they are for, ``#rrggbb``."""

    background: str
    """Behind everything, and text on the accent."""
    panel: str
    raised: str
    """Buttons and fields."""
    line: str
    text: str
    muted: str
    """Secondary text."""
    disabled: str
    """Text of what cannot be used now."""
    accent: str
    accent_hover: str
    alert: str
    """Recording and failures only."""
    mark: str
    """Marks of the user."""
    curves: tuple[str, ...]
    """Of a plot, the first first; for colour-blind people too."""


DARK = Palette(
    colours.BACKGROUND, colours.PANEL, colours.RAISED, colours.LINE, colours.TEXT, colours.MUTED, "#5b6270",
    colours.ACCENT, "#97a4ff", colours.ALERT, colours.MARK, (colours.ACCENT, "#56b4e9", "#f0e442", "#cc79a7"),
)  # fmt: skip
LIGHT = Palette(
    "#dfe2e8", "#f3f4f7", "#ffffff", "#c2c8d3", "#1b1f27", "#566070", "#9aa2b0", "#4350d6", "#5866ea", "#c62828",
    "#a06a00", ("#4350d6", "#0072b2", "#b07d00", "#b4467f"),
)  # fmt: skip
palette = Palette(*(getattr(DARK, field.name) for field in fields(Palette)))
"""The colours in use. Set them before the first widget is made."""


def use_palette(chosen: Palette) -> None:
    """Take other colours."""
    for field in fields(Palette):
        setattr(palette, field.name, getattr(chosen, field.name))
