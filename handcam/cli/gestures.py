"""Teach gestures from sessions, test them, and measure how well few examples do."""

from pathlib import Path
from typing import Annotated, Any

from rich.console import Console
from rich.table import Table
from tyro.conf import Positional, arg

from handcam.gestures.taught import Example, Kind, TaughtGestures, motion_example, pose_example
from handcam.gestures.teacher import holds, motions
from handcam.session import open_session
from handcam.types import HandcamError
from handcam.validation import Count, InputFile, InputFolder, OutputFile, Seed

__all__ = ["KINDS"]

_Sessions = Positional[Annotated[tuple[str, ...], arg(metavar="NAME=SESSION [...]")]]


def train(
    sessions: _Sessions,
    /,
    *,
    out: Annotated[OutputFile, arg(metavar="FILE")],
    kind: Kind = "pose",
) -> None:
    """Teach gestures from sessions in which they are shown: fist=runs/a "swipe left"=runs/b.

    Args:
        sessions: what is shown in each session: a pose that is held (every 0.7 s of a hold is an example), or a motion
            that is made again and again with a rest between.
        out: file of gestures; examples are added to what is there.
        kind: pose or motion.
    """
    taught = TaughtGestures.read(out) if out.exists() else TaughtGestures()
    for name, weights, examples in _examples(sessions, kind):
        for example in examples:
            taught = taught.with_example(example, weights)
        print(f"{name}: {len(examples)} examples")
    taught.write(out)
    print(f"{len(taught.names)} gestures, {len(taught.examples)} examples: {out}")


def evaluate(
    file: Positional[Annotated[InputFile, arg(metavar="FILE")]],
    sessions: _Sessions,
    /,
    *,
    kind: Kind = "pose",
    plot: Annotated[OutputFile | None, arg(metavar="FILE")] = None,
) -> None:
    """Test taught gestures on other sessions, named by what is shown; "none" is what was not taught.

    Args:
        file: gestures that were taught.
        sessions: what is shown in each session, as for train.
        kind: pose or motion.
        plot: write the confusion matrix to this picture.
    """
    from handcam.lab.evaluate.gestures import NONE, Confusion

    taught = TaughtGestures.read(file)
    true: list[str] = []
    said: list[str] = []
    for name, weights, examples in _examples(sessions, kind):
        classifier = taught.classifier(kind, weights)
        if classifier is None:
            raise HandcamError(f"{file} holds no {kind}; teach one with handcam gestures train --kind {kind}.")
        names = (*classifier.few_shot.names, NONE)
        said += [names[int(row.argmax())] for row in classifier.of_examples(examples)]
        true += [name if name in names else NONE] * len(examples)
    confusion = Confusion.of(true, said)
    _show(confusion.summary(), confusion)
    if plot is not None:
        confusion.save(plot)
        print(plot)


def pictures(
    folder: Positional[Annotated[InputFolder, arg(metavar="FOLDER")]],
    /,
    *,
    people: Count = 3,
    trials: Count = 10,
    seed: Seed = 0,
    detector: Annotated[str, arg(metavar="NAME")] = "full_frame",
    plot: Annotated[OutputFile | None, arg(metavar="FILE")] = None,
    json: Annotated[OutputFile | None, arg(metavar="FILE")] = None,
) -> None:
    """Teach poses by one picture each of a few people and test on all others, beside MediaPipe.

    Args:
        folder: pictures in one folder for each class, numbered so that the pictures of a person follow each other.
        people: examples come from so many.
        trials: drawings of them.
        seed: of the drawings.
        detector: how our hands are found; full_frame is for pictures that show one hand each.
        plot: write the confusion matrix to this picture.
        json: write the figures to this file.
    """
    from handcam.lab.evaluate.gestures import measure, read_pictures
    from handcam.lab.evaluate.results import write_json

    figures, confusion = measure(read_pictures(folder, detector, Console(stderr=True)), people, trials, seed)
    _show(figures, confusion)
    if plot is not None:
        confusion.save(plot)
        print(plot)
    if json is not None:
        write_json(figures, json)


KINDS = {"train": train, "test": evaluate, "pictures": pictures}


def _examples(sessions: tuple[str, ...], kind: Kind) -> list[tuple[str, str, list[Example]]]:
    """Name, weights and examples of each session."""
    if not sessions:
        raise HandcamError("Which sessions? Say what each shows: fist=runs/a point=runs/b.")
    found: list[tuple[str, str, list[Example]]] = []
    for each in sessions:
        name, equals, path = each.partition("=")
        if not (equals and name.strip() and path):
            raise HandcamError(f"{each!r} does not say what the session shows; write NAME=SESSION.")
        with open_session(Path(path)) as session:
            results = [result for _, result in session.results() if result is not None]
            weights = str(dict(session.header.get("weights") or {}).get("sha256", ""))
        if kind == "pose":
            examples = [pose_example(name, hands) for hands in holds(results)]
        else:
            examples = [motion_example(name, places) for places in motions(results)]
        if not examples:
            what = "hand is held still for 0.7 s" if kind == "pose" else "hand moves between two rests"
            raise HandcamError(f"In no part of the session {path} a {what}.")
        found.append((name, weights, examples))
    return found


def _show(figures: dict[str, Any], confusion: Any) -> None:
    table = Table("", *confusion.names)
    for name, row in zip(confusion.names, confusion.counts, strict=True):
        table.add_row(name, *(str(n) if n else "" for n in row))
    console = Console()
    console.print(table)
    for name, value in figures.items():
        console.print(f"{name}: {value:.3f}" if isinstance(value, float) else f"{name}: {value}")
