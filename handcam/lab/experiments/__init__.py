"""Experiments. A file here is one: it defines ``TITLE``, and ``run`` or ``measure``.

``measure(setup, quick) -> dict[str, float]`` measures what ships and gives flat figures. ``run(setup) -> Results`` with
one table is an experiment of the paper: it trains what it compares by algorithm 1
(:func:`handcam.lab.train.pairs.train`) on a fixed split (``_splits``), measures it on hands that were not trained on,
and ends in a table, a figure or both. Trainings and features of pictures are kept beside the results, so a second run,
or another experiment on the same hands, goes on from there.
"""

import shlex
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta
from tyro.conf import Suppress, arg
from tyro.constructors import PrimitiveConstructorSpec

from handcam.lab.evaluate.results import Results, cell_text, save_figure, write_json
from handcam.types import HandcamError
from handcam.validation import Count, InputFile, Latent, OutputFolder, Positive, Seed, Steps

if TYPE_CHECKING:
    from handcam.lab.data.tables import Split

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
    """Edge of pictures that are encoded without the landmark network."""
    resnet: int
    """Width of the net that does."""


SMALL = Size(20_000, 2_000, 1_000, 1_500, 128, 256, 3, 8, 64, 16)
"""Minutes for each experiment on one core, once the hands are rendered."""
FULL = Size(500_000, 100_000, 5_000, 30_000, 512, 512, 5, 32, 128, 64)
"""The paper's nets (supplement, tables 3 and 4); for a GPU, or several machines under torchrun."""


SIZES = {"small": SMALL, "full": FULL}
"""Sizes by the name that the command line takes."""
_SIZE = PrimitiveConstructorSpec(
    1, "{small,full}", lambda words: SIZES[words[0]], lambda value: isinstance(value, Size),
    lambda size: [next(name for name, known in SIZES.items() if known == size)], choices=tuple(SIZES),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Setup:
    """Settings of an experiment; its fields are the command's options."""

    out: Annotated[OutputFolder, arg(metavar="FOLDER")] = Path("runs/experiments")
    """Folder of NAME.md, NAME.json and NAME.png, of trainings, and of rendered hands."""
    data: tuple[str, ...] = ()
    """Data sets instead of the experiment's own: poses, rendered, features:FOLDER, crops:FOLDER, rhd:PATH, stb:PATH,
    freihand:PATH, folder:PATH, msra:FILE; for pcf also nyu:, icvl: or msra:FOLDER; for ik dexycb:FOLDER."""
    size: Annotated[Size, _SIZE] = SMALL
    """Minutes on a processor, or the paper's nets and many hands for a GPU."""
    steps: Steps | None = None
    """Rounds of each training instead of the size's."""
    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """Part of the size's hands to train and measure on."""
    repeats: Count | None = None
    """Trainings of each kind, with seeds one after the other; default 1, for weak 2. Above 1 the tables give mean and
    standard deviation."""
    seed: Seed = 0
    """Seed of weights, batches and samples."""
    pixels: bool = False
    """Encode pictures by the paper's ResNet-18, instead of the landmark network's features of them."""
    weights: Annotated[InputFile | None, arg(metavar="FILE")] = None
    """walks, mixing: weights to examine, instead of models trained for it."""
    accelerator: Literal["auto", "cpu", "cuda"] = "auto"
    """Device of the trainings."""
    devices: Count = 1
    """Processes on this machine; torchrun's numbers win."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """bf16-mixed is faster on processors and cards that have it."""
    latent: Suppress[Latent] = 30
    """Size of the latent space."""
    rate: Suppress[Positive] = 1e-3
    """Adam's learning rate at its highest."""
    progress: Suppress[bool] = True
    """Show bars."""
    command: Suppress[str] = ""
    """The command that was given, for the results."""

    def of(self, name: str) -> "Setup":
        """The settings of one experiment: sizes scaled, and the command that repeats it.

        Raises:
            HandcamError: they make no sense.
        """
        kinds = [each.partition(":")[0] for each in self.data]
        if len(set(kinds)) < len(kinds):
            raise HandcamError(
                "--data names each kind of data set once; folders of features or crops go with commas between."
            )
        parts = {
            field: max(round(getattr(self.size, field) * self.share), 10) for field in ("poses", "pictures", "test")
        }
        given = {
            "--data": " ".join(map(shlex.quote, self.data)), "--size": _SIZE.str_from_instance(self.size)[0],
            "--steps": self.steps or "", "--share": self.share, "--repeats": self.repeats or "",
            "--seed": self.seed or "", "--weights": self.weights or "", "--out": shlex.quote(str(self.out)),
        }  # fmt: skip
        usual = {"--size": "small", "--share": 1.0}
        words = [f"{option} {value}" for option, value in given.items() if value not in ("", usual.get(option))]
        words.insert(-1, "--pixels" * self.pixels)
        return replace(
            self, size=replace(self.size, **parts, steps=self.steps or self.size.steps), share=1.0, steps=None,
            repeats=self.repeats or (2 if name == "weak" else 1),
            command=" ".join(["handcam experiment", name, *filter(None, words)]),
        )  # fmt: skip

    @property
    def seeds(self) -> range:
        """One for each repeat."""
        return range(self.seed, self.seed + (self.repeats or 1))

    def split(self, data: str, known_side: bool = True) -> "Split":
        """Open one of the data sets at this size.

        Raises:
            HandcamError: there is none of that name, or its files are missing.
        """
        from handcam.lab.experiments._splits import (  # with torch, which an option's help need not wait for
            SplitSettings,
            open_split,
        )

        size = self.size
        settings = SplitSettings(self.out / "hands", size.poses, size.pictures, size.test, size.picture_px, self.pixels)
        return open_split(data, settings, known_side)

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
