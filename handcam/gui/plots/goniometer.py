"""Active range of motion: the least and greatest angle of every joint that was reached and held, with a report."""

import html
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PySide6.QtGui import QPageSize, QPdfWriter, QTextDocument

from handcam.gui.plots.history import SERIES, Measured
from handcam.hand.anatomy import limits_deg
from handcam.paths import write_atomic
from handcam.version import __version__

__all__ = ["RangeOfMotion", "report_html", "write_report"]

_HELD = (2.0, 98.0)
"""Percentiles that count as reached: one wrong frame is no range."""
_NOTE = (
    "Angles are estimated from pictures by handcam {version}; joints err by some millimetres, an angle by about ten "
    "degrees where a finger points to the camera. This is not a medical device."
)


@dataclass(frozen=True, slots=True)
class RangeOfMotion:
    """Angles that were reached, in the order of the first twenty series."""

    low_deg: Float[np.ndarray, " 20"]
    """Least angles; NaN where nothing was measured."""
    high_deg: Float[np.ndarray, " 20"]
    """Greatest angles."""
    frames: int
    """Frames in which the hand was measured."""
    seconds: float
    """From the first to the last of them."""

    @staticmethod
    def of(measured: Measured) -> "RangeOfMotion":
        """Read the range from measurements."""
        there = np.isfinite(measured.values[:, :20]).all(1)
        values, times = measured.values[there, :20], measured.time_s[there]
        if not len(values):
            return RangeOfMotion(np.full(20, np.nan), np.full(20, np.nan), 0, 0.0)
        low, high = np.percentile(values, _HELD, axis=0)
        return RangeOfMotion(low, high, len(values), float(times[-1] - times[0]))


def report_html(found: RangeOfMotion, side: str, source: str) -> str:
    """Describe a range of motion as a page that prints on one sheet."""
    low, high = limits_deg()
    rows = "".join(
        f"<tr><td>{SERIES[k].name}</td><td align='right'>{found.low_deg[k]:.0f}°</td>"
        f"<td align='right'>{found.high_deg[k]:.0f}°</td>"
        f"<td align='right'><b>{found.high_deg[k] - found.low_deg[k]:.0f}°</b></td>"
        f"<td align='right'>{low[k]:.0f}° to {high[k]:.0f}°</td></tr>"
        for k in range(20)
    )
    head = "".join(f"<th align='right'>{name}</th>" for name in ("least", "greatest", "range", "possible"))
    about = f"{side} hand · {found.frames} frames in {found.seconds:.0f} s · {html.escape(source)}"
    return (
        "<html><head><meta charset='utf-8'><title>Active range of motion</title></head>"
        "<body style='font-family: sans-serif; font-size: 10pt'><h2>Active range of motion</h2>"
        f"<p>{about}<br>{time.strftime('%Y-%m-%d %H:%M')}</p>"
        f"<table cellpadding='3' cellspacing='0'><tr><th align='left'>angle</th>{head}</tr>{rows}</table>"
        f"<p style='font-size: 8pt'>{_NOTE.format(version=__version__)} Reached is what 2 % of the frames went beyond; "
        "possible is the passive range of healthy adults.</p></body></html>"
    )


def write_report(page: str, out: Path) -> None:
    """Write a page as HTML, or as PDF where the name ends so.

    Raises:
        OSError: the file cannot be written.
    """
    if out.suffix.lower() != ".pdf":
        write_atomic(out, page)
        return
    writer = QPdfWriter(str(out))
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    document = QTextDocument()
    document.setHtml(page)
    document.print_(writer)
    if not out.exists():
        raise OSError(f"{out} cannot be written")
