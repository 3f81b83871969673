"""The paper's experiments. A file here is one: it defines ``TITLE`` and ``run(setup) -> Results`` with one table.

Each trains what it compares by algorithm 1 (:func:`handcam.lab.train.pairs.train`) on a fixed split
(:mod:`handcam.lab.data.splits`), measures it on hands that were not trained on, and ends in a table, a figure or both.
Trainings and looks are kept beside the results, so a second run, or another experiment on the same, goes on from there.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from handcam.lab.data.in_memory import Split
from handcam.lab.data.splits import SplitSettings, open_split
from handcam.lab.evaluate.results import Results, cell_text, save_figure, write_json

__all__ = ["FULL", "SMALL", "Setup", "Size", "save"]


@dataclass(frozen=True, slots=True)
class Size:
    """Sizes of an experiment: its data and its nets."""

    poses: int
    """Hands to train on where they are sampled without pictures."""
    pictures: int
    """Hands to train on where there are pictures."""
    test: int
    """Hands to measure on."""
    steps: int
    """Rounds of each training."""
    batch: int
    """Examples of a step."""
    hidden: int
    """Width of the fully connected nets."""
    depth: int
    """Hidden layers of those for joints and keypoints."""
    paint: int
    """Width of the convolutional decoder of pictures."""
    picture_px: int
    """Edge of pictures that are looked at without the landmark network."""
    resnet: int
    """Width of the net that does."""


SMALL = Size(20_000, 2_000, 1_000, 1_500, 128, 256, 3, 8, 64, 16)
"""Minutes for each experiment on one core, once the hands are rendered."""
FULL = Size(500_000, 100_000, 5_000, 30_000, 512, 512, 5, 32, 128, 64)
"""The paper's nets (supplement, tables 3 and 4); for a GPU, or several machines under torchrun."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Settings of an experiment."""

    out: Path
    """Folder of results, trainings and looks."""
    command: str
    """The command that was given, for the results."""
    data: tuple[str, ...] = ()
    """Data sets (:mod:`handcam.lab.data.splits`); none for the experiment's own choice."""
    size: Size = SMALL
    """Sizes of data and nets."""
    latent: int = 30
    """Size of the latent space."""
    rate: float = 1e-3
    """Adam's learning rate at its highest."""
    seed: int = 0
    """Of weights, batches and samples; repeats take the following ones."""
    repeats: int = 1
    """Trainings of each kind; above 1 the tables give mean and standard deviation."""
    pixels: bool = False
    """Pictures are looked at by the paper's ResNet-18 instead of the landmark network."""
    weights: Path | None = None
    """Weights to use instead of trained ones, where an experiment needs only one model."""
    accelerator: str = "auto"
    """``cpu``, ``cuda`` or ``auto``."""
    devices: int = 1
    """Processes on this machine; torchrun's numbers win."""
    precision: str = "32-true"
    """Lightning Fabric's name."""
    progress: bool = True
    """Show bars."""

    @property
    def seeds(self) -> range:
        """One for each repeat."""
        return range(self.seed, self.seed + self.repeats)

    def split(self, data: str, told: bool = True) -> Split:
        """Open one of the data sets at this size.

        Raises:
            HandcamError: there is none of that name, or its files are missing.
        """
        size = self.size
        settings = SplitSettings(self.out / "looks", size.poses, size.pictures, size.test, size.picture_px, self.pixels)
        return open_split(data, settings, told)

    @property
    def configuration(self) -> str:
        """Seed and sizes in one line."""
        s = self.size
        if self.weights is not None:
            return f"seed {self.seed}; weights {self.weights.name}"
        return (
            f"seed {', '.join(map(str, self.seeds))}; {s.steps} rounds of {s.batch}, latent {self.latent}, MLPs of "
            f"{s.depth} x {s.hidden}, rate {self.rate:g}{', pictures by ResNet-18' if self.pixels else ''}"
        )


def save(name: str, title: str, results: Results, setup: Setup) -> list[Path]:
    """Write ``NAME.md``, ``NAME.json`` and, where there is a plot, ``NAME.png``; returns their paths."""
    setup.out.mkdir(parents=True, exist_ok=True)
    paths = [setup.out / f"{name}.md", setup.out / f"{name}.json"]
    (table,) = results.tables
    rows = [table.head, ["---"] * len(table.head), *(map(cell_text, row) for row in table.rows)]
    lines = [f"## {title}", "", *(f"| {' | '.join(row)} |" for row in rows), ""]
    lines += [f"{note}\n" for note in results.notes] + [f"`{setup.command}`", "", setup.configuration, ""]
    paths[0].write_text("\n".join(lines), "utf-8")
    write_json(
        {
            "experiment": name, "title": title, "command": setup.command, "seeds": list(setup.seeds),
            "size": asdict(setup.size), "latent": setup.latent, "rate": setup.rate, "pixels": setup.pixels,
            "notes": results.notes, "head": table.head, "rows": table.rows, **results.figures,
        },
        paths[1],
    )  # fmt: skip
    if results.draw is not None:
        paths.append(setup.out / f"{name}.png")
        save_figure(results, paths[-1], title, f"{setup.command}\n{setup.configuration}")
    return paths
