"""The figures of ``handcam bench`` as a picture."""

from pathlib import Path

import numpy as np

__all__ = ["save"]

SECTIONS = {"crop": "#56b4e9", "predict": "#0072b2", "decode": "#e69f00", "refine": "#009e73"}
"""Sections of a frame with colours that colour-blind people can tell apart."""


def save(figures: dict, path: Path) -> None:
    """Bars of processor time for each contestant, MediaPipe's as a line, its half dashed; and where the time goes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = {name: r for name, r in figures["runtimes"].items() if r["cpu_ms"] is not None and name != "mediapipe"}
    theirs = figures["runtimes"]["mediapipe"]["cpu_ms"]
    figure = Figure(figsize=(9, 1.8 + 0.9 * len(shown)), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    at = np.arange(len(shown))
    p50 = [r["cpu_ms"]["p50"] for r in shown.values()]
    over = [r["cpu_ms"]["p95"] - r["cpu_ms"]["p50"] for r in shown.values()]
    left.barh(at, p50, xerr=[[0.0] * len(at), over], color="#0072b2", ecolor="#777777", capsize=3)
    for y, r in zip(at, shown.values(), strict=True):
        left.text(0.1, y, f"{r['ratio_to_mediapipe']:.2f} of MediaPipe", va="center", color="white", fontsize=9)
    if theirs is not None:
        left.axvline(theirs["p50"], color="#d55e00", label="MediaPipe Hands")
        left.axvline(theirs["p50"] / 2, color="#d55e00", linestyle="--", label="half of it")
    left.set_yticks(at, [r["name"] for r in shown.values()], fontsize=9)
    left.invert_yaxis()
    left.set_xlabel("processor time of a frame, ms (p50, whisker to p95)")
    start = np.zeros(len(shown))
    for section, colour in SECTIONS.items():
        width = np.array([r["sections_ms"][section]["p50"] for r in shown.values()])
        right.barh(at, width, left=start, color=colour, label=section)
        start += width
    right.set_xlabel("time of its sections, ms (medians)")
    figure.legend(loc="outside lower center", ncols=6, fontsize=8)
    figure.suptitle(f"{figures['source']}, {figures['machine']['processor']}", fontsize=10)
    figure.savefig(path, dpi=130)
