"""The two pictures of docs/architecture.md: the rooms, from the layers in pyproject.toml, and the threads.

python examples/figures/architecture.py docs/images
"""

import sys
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDTH, ROW, PAD = 860, 40, 12
GREY = "#eef0f2"
COLOURS = {"lab": "#f3e2c7", "model": "#f3e2c7", "runtimes": "#f3e2c7", "gui": "#d5e3f5", "cli": "#d5e3f5"}
NOTES = {
    "cli": "one file a command", "gui": "window, camera, 3D view, Explorer, map", "lab": "data, training, release",
    "live": "threads and mailboxes", "api": "the library: HandTracker",
    "tracking": "crop, features, fusion, localisation, fit", "runtimes": "engines of the exported graphs",
    "model": "the cross-modal VAE", "sources": "where frames come from", "session": "recordings and exports",
    "crop": "the virtual camera", "hand": "skeleton, rig, anatomy",
    "validation": "types and ranges of what comes from outside", "geometry": "cameras and rigid fits",
}  # fmt: skip
"""What stands behind a room's name where there is space for it."""
BELOW = "imports point down only; torch is in the sand-coloured rooms, Qt in the blue ones"
THREADS = (
    ("capture thread", "blocks on the camera", "Source.read", "writes Latest[Frame]"),
    ("live thread", "owns engines and detectors", "takes the newest frame", "detect, crop, predict, place",
     "writes Latest[Result]"),
    ("main thread (Qt)", "blocks on nothing", "a timer takes the newest result", "draws; writes Latest[Controls]"),
)  # fmt: skip
BESIDE = (
    ("writer thread", "a bounded queue; drops are counted"),
    ("render process", "Open3D off screen, by shared memory"),
    ("stream threads", "one each: the newest message wins"),
)


def rooms(layers: list[str]) -> str:
    """Layers from top to bottom; rooms of one row do not know each other."""
    parts: list[str] = []
    for row, layer in enumerate(layers):
        names = [name.strip() for name in layer.split("|")]
        width = (WIDTH - PAD * (len(names) + 1)) / len(names)
        for column, name in enumerate(names):
            note = NOTES.get(name, "")
            parts.append(box(PAD + column * (width + PAD), PAD + row * (ROW + 8), width, ROW, COLOURS.get(name, GREY)))
            label = f'<tspan font-weight="600">{escape(name)}</tspan>'
            label += f'<tspan fill="#555"> · {escape(note)}</tspan>' if note and len(names) < 4 else ""
            parts.append(text(PAD + column * (width + PAD) + width / 2, PAD + row * (ROW + 8) + 25, label))
    height = PAD + len(layers) * (ROW + 8) + 24
    parts.append(text(WIDTH / 2, height - 10, BELOW, 12))
    return svg(height, parts)


def threads() -> str:
    """Three threads and their two hand-offs, with what stands beside them."""
    parts: list[str] = []
    width = (WIDTH - 4 * PAD - 80) / 3
    for column, lines in enumerate(THREADS):
        x = PAD + column * (width + PAD + 40)
        parts.append(box(x, PAD, width, 150, COLOURS["gui"] if "Qt" in lines[0] else GREY))
        for line, content in enumerate(lines):
            weight, colour = 600 if line == 0 else 400, "#777" if line == 1 else "#111"
            label = f'<tspan font-weight="{weight}" fill="{colour}">{escape(content)}</tspan>'
            parts.append(text(x + width / 2, PAD + 26 + 26 * line, label))
        if column:
            label = "frame" if column == 1 else "result"
            parts += [arrow(x - 46, 70, x - 6, 70), text(x - 26, 62, label, 11)]
    x = PAD + 2 * (width + PAD + 40)
    parts += [arrow(x - 6, 120, x - 46, 120), text(x - 26, 112, "controls", 11)]
    for column, (name, what) in enumerate(BESIDE):
        x, wide = PAD + column * (WIDTH - PAD) / 3, (WIDTH - PAD) / 3 - PAD
        label = f'<tspan font-weight="600">{escape(name)}</tspan>'
        parts += [box(x, 186, wide, 56, "#fff"), text(x + wide / 2, 208, label), text(x + wide / 2, 229, what, 11)]
    return svg(256, parts)


def box(x: float, y: float, width: float, height: float, colour: str) -> str:
    """A rounded rectangle."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}"'
    return f'<rect {place} rx="6" fill="{colour}" stroke="#9aa3ad"/>'


def text(x: float, y: float, label: str, size: float = 13) -> str:
    """Centred text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="middle">{label}</text>'


def arrow(x0: float, y0: float, x1: float, y1: float) -> str:
    """A line with a head."""
    ends = f'x1="{x0:.1f}" y1="{y0}" x2="{x1:.1f}" y2="{y1}"'
    return f'<line {ends} stroke="#333" stroke-width="1.5" marker-end="url(#head)"/>'


def svg(height: float, parts: list[str]) -> str:
    """The file around the parts."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif">\n'
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="#333"/></marker></defs>\n'
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>\n'
    )
    return head + "\n".join(parts) + "\n</svg>\n"


def main(out: Path) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    out.mkdir(parents=True, exist_ok=True)
    (out / "rooms.svg").write_text(rooms(layers), "utf-8")
    (out / "threads.svg").write_text(threads(), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
