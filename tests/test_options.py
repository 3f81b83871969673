"""Every option of every command with nonsense: one sentence, or a value that fits. A new option joins by existing."""

import inspect
import itertools
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from msgspec import Meta

from handcam.cli import command
from handcam.cli._options import options_of
from handcam.plugins import load, names
from handcam.types import HandcamError, InputError, Intrinsics
from handcam.validation import check

NONSENSE = [
    "-1", "0", "nan", "-nan", "inf", "-inf", "1e999", "1e-300", "9" * 40, "9" * 5000, "1.5", "", " ", "None", "true",
    "\N{SNOWMAN}", "\udcff", "a\0b", "../../..", "/dev/null/x", "/", ".", "x" * 5000, "--", "-", "a,b,c,d",
    "600,600,nan,inf", "0,0,0,0", "1,2,3", "{}", "[1]", "%s%n", "auto:auto:auto", ":", "99999999999:1",
    "FOLDER", "FILE",
]  # fmt: skip
"""Values that are typed for every option; the last two stand for a folder and a file that are there."""


def commands() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command and kind of a command with its function."""
    for name in names("handcam.cli"):
        file = load("handcam.cli", name)
        if hasattr(file, "main"):
            yield name, file.main
        for kind, function in getattr(file, "KINDS", {}).items():
            yield f"{name} {kind}", function


COMMANDS = dict(commands())


def hidden(kind: Any) -> bool:
    """Whether an option is not on the command line at all."""
    return any("Suppress" in repr(part) for part in get_args(kind)[1:])


def needed_arguments(function: Callable[..., Any], folder: Path) -> dict[str, list[str]]:
    """What a command cannot do without, by option, with values that fit."""
    fitting = {
        "--to": "csv", "--dataset": "nyu", "--truth": str(folder / "file"), "--out": str(folder / "out"),
        "SESSION": str(folder), "SESSIONS": str(folder), "OUT": str(folder / "out"), "DATASET": "synthetic",
        "SOURCE": "demo", "NAME": "pck", "FILES": str(folder), "DATA": str(folder), "FOLDER": str(folder),
        "FILE": str(folder / "file"),
            "--pictures": str(folder), "--empty": str(folder), "--source": "demo",
    }  # fmt: skip
    needed: dict[str, list[str]] = {}
    for option, (name, field, _) in options_of(function).items():
        parameter = inspect.signature(function).parameters[name]
        if parameter.default is not inspect.Parameter.empty:
            continue
        places = {} if field is None else {each.name: each for each in fields(parameter.annotation)}
        if field is None or (places[field].default is MISSING and places[field].default_factory is MISSING):
            needed[option] = [fitting[option]]
    return needed


def bind(name: str, needed: dict[str, list[str]], option: str | None = None, value: str = "") -> str:
    """Parse a command line; what came of it."""
    arguments = needed if option is None else {**needed, option: [value]}
    positional = [word for key, words in arguments.items() if not key.startswith("-") for word in words]
    named = [word for key, words in arguments.items() if key.startswith("-") for word in (key, *words)]
    first, *rest = name.split()
    try:
        command(first, [*rest, *positional, *named])
    except HandcamError as error:
        text = str(error)
        if "\n" in text or len(text) > 700 or not text.endswith((".", "--help.")):
            raise
        return "refused"
    except SystemExit as end:
        return f"ended with code {end.code}"
    return "taken"


def visible(name: str) -> dict[str, Any]:
    """The options of a command that take a value, with their annotations."""
    options = {option: kind for option, (_, _, kind) in options_of(COMMANDS[name]).items()}
    return {o: k for o, k in options.items() if not hidden(k) and bool not in (k, *get_args(k)[:1])}


def nonsense_for(name: str) -> list[tuple[str, str]]:
    """Every option with every nonsense, in an order that mixes them."""
    pairs = list(itertools.product(visible(name), NONSENSE))
    random.Random(name).shuffle(pairs)
    return pairs


@pytest.mark.parametrize("count", [4, pytest.param(10**6, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
@pytest.mark.parametrize("name", COMMANDS)
def test_nonsense_on_the_command_line_is_one_sentence_or_fits(name: str, count: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    needed = needed_arguments(COMMANDS[name], tmp_path)
    real = {"FOLDER": str(tmp_path), "FILE": str(tmp_path / "file")}
    if needed:
        assert bind(name, needed) in ("taken", "ended with code 0")
    for option, value in nonsense_for(name)[:count]:
        assert bind(name, needed, option, real.get(value, value)) in ("taken", "refused"), (option, value)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_no_number_and_no_path_can_be_is_refused(name: str) -> None:
    """The checks behind the command line, without parsing it: every option with every value of its type."""
    for option, kind in visible(name).items():
        types = set(flat(kind))
        numbers = [float("nan"), float("inf"), -float("inf"), -1e300, 1e300] * (float in types)
        for value in [*numbers, *[-(10**40), 10**40] * (int in types)]:
            with pytest.raises(InputError):
                check((value,) * 2 if any(get_origin(each) is tuple for each in types) else value, kind, option)
        for text in NONSENSE * (Path in types):
            with suppress(InputError):
                check((Path(text),) if any(get_origin(each) is tuple for each in types) else Path(text), kind, option)


def flat(kind: Any) -> Iterator[Any]:
    """An annotation and everything in it."""
    yield kind
    for part in get_args(kind):
        yield from flat(part)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_number_has_a_range_and_every_path_says_what_it_is_for(name: str) -> None:
    for option, kind in visible(name).items():
        for part in flat(kind):
            bare = part in (int, float, Path)
            assert not bare or has_range(kind, part), f"{name} {option} needs a range: {kind}"


def has_range(kind: Any, part: Any) -> bool:
    """Whether a type stands within an annotation that bounds it."""
    bounded = [each for each in flat(kind) if get_origin(each) is Annotated and get_args(each)[0] is part]
    return any(isinstance(more, Meta) for each in bounded for more in get_args(each)[1:])


def test_the_size_of_the_window_is_an_option() -> None:
    assert command("run", ["--window", "800", "600"]).keywords["window"].window == (800, 600)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("run --duration nan", "--duration is nan; it must be a number above 0 and at most 1e+07."),
        ("run --fps 1e-300", "--fps is 1e-300; it must be a number from 0.01 to 1000."),
        ("run --seed -1", "--seed is -1; it must be a whole number from 0 to 2.14748e+09."),
        ("run --detector x", "--detector is 'x'; it must be one of"),
        ("run --runtime warp", "--runtime is 'warp'; it must be one of auto,"),
        ("run --after 0", "--after is 0.0; it must be a number above 0 and at most 3600."),
        ("run --hand-length-cm 60", "--hand-length-cm is 60.0; it must be a number from 5 to 40."),
        ("run --weights nowhere", "--weights is 'nowhere'; it must be a file that is there."),
        ("run --report /", "--report is '/'; it must be a file that can be written."),
        ("train weights --out FILE", "--out is 'FILE'; it must be a folder that can be written."),
        ("experiment pck --out FILE", "--out is 'FILE'; it must be a folder that can be written."),
        ("repair nowhere", "SESSION is 'nowhere'; it must be a folder that is there."),
    ],
)
def test_the_sentence_names_option_value_and_range(
    line: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "FILE").write_text("")
    monkeypatch.chdir(tmp_path)
    words = line.split()
    with pytest.raises(HandcamError) as caught:
        command(words[0], words[1:])
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("text", ["600,600,nan,inf", "600,600", "0,0,0,0", "a,b,c,d", "FILE", "1e400,1,1,1"])
def test_impossible_intrinsics_are_refused(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "FILE").write_text("[" * 5000)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HandcamError, match="--intrinsics"):
        command("run", ["--intrinsics", text])
    camera = command("run", ["--intrinsics", "600,610,320,240"]).keywords["source_settings"].intrinsics
    assert camera == Intrinsics(600.0, 610.0, 320.0, 240.0, 0, 0)
