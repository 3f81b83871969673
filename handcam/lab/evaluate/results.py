"""Results of experiments as text, JSON and a picture, each with the command, the seed and the configuration."""

import json
from dataclasses import asdict
from pathlib import Path
from statistics import mean, stdev

from handcam.lab.evaluate.figures import new
from handcam.lab.experiments import Cell, Report, Setup

__all__ = ["said", "save", "words"]


def words(cell: Cell) -> str:
    """A cell as it is printed: words, a number, or mean and standard deviation over the repeats."""
    if isinstance(cell, str):
        return cell
    if not cell:
        return "–"
    digits = 2 if abs(mean(cell)) < 3 else 1
    spread = f" ± {stdev(cell):.{digits}f}" if len(cell) > 1 else ""
    return f"{mean(cell):.{digits}f}{spread}"


def said(setup: Setup) -> str:
    """Seed and configuration in one line."""
    s = setup.size
    if setup.weights is not None:
        return f"seed {setup.seed}; weights {setup.weights.name}"
    seeds = ", ".join(map(str, setup.seeds))
    return (
        f"seed {seeds}; {s.steps} rounds of {s.batch}, latent {setup.latent}, MLPs of {s.depth} x {s.hidden}, "
        f"rate {setup.rate:g}{', pictures by ResNet-18' if setup.pixels else ''}"
    )


def save(name: str, title: str, report: Report, setup: Setup) -> list[Path]:
    """Write ``NAME.md``, ``NAME.json`` and, where there is a figure, ``NAME.png``; returns their paths."""
    setup.out.mkdir(parents=True, exist_ok=True)
    paths = [setup.out / f"{name}.md", setup.out / f"{name}.json"]
    table = [report.head, ["---"] * len(report.head), *[[words(cell) for cell in row] for row in report.rows]]
    lines = [f"## {title}", "", *(f"| {' | '.join(row)} |" for row in table), ""]
    lines += [f"{note}\n" for note in report.notes] + [f"`{setup.command}`", "", said(setup), ""]
    paths[0].write_text("\n".join(lines), "utf-8")
    figures = {
        "experiment": name, "title": title, "command": setup.command, "seeds": list(setup.seeds),
        "size": asdict(setup.size), "latent": setup.latent, "rate": setup.rate, "pixels": setup.pixels,
        "notes": report.notes, "head": report.head, "rows": report.rows, **report.data,
    }  # fmt: skip
    paths[1].write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    if report.draw is not None:
        figure = new(report.data.get("width", 10.0), report.data.get("height", 4.6))
        report.draw(figure)
        figure.suptitle(title, fontsize=12)
        figure.supxlabel(f"{setup.command}\n{said(setup)}", fontsize=7, color="#666666")
        paths.append(setup.out / f"{name}.png")
        figure.savefig(paths[-1], dpi=110)
    return paths
