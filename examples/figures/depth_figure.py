"""The figure of docs/depth.md.

    python examples/figures/depth_figure.py DEPTH.json FUSED.json OUT.png

The files are those of ``handcam evaluate rgbd --detector labels --modality depth --json DEPTH.json``, and ``fused``.
"""

import json
import sys
from pathlib import Path

from matplotlib.figure import Figure

PAPER, INK, GRID = "#16181c", "#d8dce2", "#34383f"
COLOURS = {"depth alone": "#56b4e9", "colour and depth": "#e69f00"}


def main(depth: Path, fused: Path, out: Path) -> None:
    """Median camera-space error by distance and by the share of holes, as bars."""
    figures = dict(zip(COLOURS, (json.loads(p.read_text("utf-8")) for p in (depth, fused)), strict=True))
    figure = Figure(figsize=(9, 3.2), layout="constrained", facecolor=PAPER)
    axes = figure.subplots(1, 2, sharey=True)
    for panel, (group, title) in zip(axes, (("distance", "distance of the hand, m"), ("holes", "share of holes")), strict=True):  # fmt: skip # noqa: E501
        names = list(figures["colour and depth"][group])
        for k, (method, found) in enumerate(figures.items()):
            at = [i + 0.38 * (k - 0.5) for i in range(len(names))]
            values = [found[group].get(name, {}).get("camera_median_mm", 0.0) for name in names]
            panel.bar(at, values, 0.36, color=COLOURS[method], label=method)
            for x, y in zip(at, values, strict=True):
                panel.text(x, y + 0.3, f"{y:.0f}" if y else "", ha="center", color=INK, fontsize=8)
        panel.set_xticks(range(len(names)), [_short(n) for n in names], fontsize=8)
        panel.set_title(title, color=INK, fontsize=10)
        panel.set_facecolor(PAPER)
        panel.tick_params(colors=INK, length=0)
        panel.grid(axis="y", color=GRID)
        panel.set_axisbelow(True)
        panel.spines[:].set_visible(False)
    axes[0].set_ylabel("median error, mm", color=INK)
    axes[0].legend(facecolor=PAPER, edgecolor=GRID, labelcolor=INK, fontsize=8)
    figure.savefig(out, dpi=110)


def _short(name: str) -> str:
    """``0.4 to 0.55 m`` as 0.4-0.55."""
    return name.removeprefix("holes ").removesuffix(" m").replace(" to ", "-").replace("101", "100")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
