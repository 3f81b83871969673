"""Sessions are opened whatever their content, so exporters meet whatever it is: a file or a sentence, never a crash."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from recorded_hands import BOTH, LEFT, RIGHT, record

from handcam.plugins import names
from handcam.session import open_session
from handcam.session.export import ExportSettings, convert, suffix
from handcam.types import HandcamError

pytestmark = pytest.mark.filterwarnings("ignore:.*overflow encountered")
ODD = [None, 0, -1, 1e300, -5, 10**17, "x", [], {}, True, 1e-300, 2**61, -(2**61), 4000]


def mutated(rng: random.Random, value: Any) -> Any:
    """One thing somewhere in a JSON value made odd."""
    if isinstance(value, dict) and value:
        key = rng.choice(list(value))
        rest = {k: v for k, v in value.items() if k != key}
        return rest if rng.random() < 0.1 else value | {key: mutated(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.9:
        i = rng.randrange(len(value))
        return [*value[:i], mutated(rng, value[i]), *value[i + 1 :]]
    if isinstance(value, int | float) and rng.random() < 0.4:
        return value * rng.choice([0, -1, 1000, 1.0001])
    return rng.choice(ODD)


def not_json(text: str):
    raise AssertionError(f"{text} is not JSON")


def check(folder: Path, session: Path, pictures: bool) -> int:
    """Convert to every format; returns how many files there are."""
    count = 0
    for format in names("handcam.session.export"):
        try:
            with open_session(session) as opened:
                made = convert(
                    opened, format, folder / f"take{suffix(format) or format}", ExportSettings(pictures=pictures)
                )
        except HandcamError as error:
            made, sentence = [], str(error)
            assert "\n" not in sentence
        for path in (file for one in made for file in ([one] if one.is_file() else one.rglob("*"))):
            count += 1
            if path.suffix == ".json":
                json.loads(path.read_text(), parse_constant=not_json)
            if path.suffix == ".jsonl":
                assert [json.loads(line, parse_constant=not_json) for line in path.read_text().splitlines()]
    return count


def fuzz(tmp_path: Path, seeds: range) -> int:
    good = record(tmp_path / "good", list(enumerate([BOTH, BOTH, RIGHT, (), None, LEFT, BOTH]))).path
    lines = [json.loads(line) for line in (good / "frames.jsonl").read_text().splitlines()]
    count = 0
    for seed in seeds:
        rng, session = random.Random(seed), tmp_path / f"session{seed}"
        shutil.copytree(good, session)
        odd = [mutated(rng, line) if rng.random() < 0.4 else line for line in lines if rng.random() < 0.97]
        (session / "frames.jsonl").write_text("\n".join(map(json.dumps, odd)) + "\n")
        count += check(tmp_path / f"out{seed}", session, pictures=seed % 2 == 0)
        shutil.rmtree(session)
        shutil.rmtree(tmp_path / f"out{seed}", ignore_errors=True)
    return count


def test_a_few_mutated_sessions(tmp_path):
    assert fuzz(tmp_path, range(3, 4)) > 5


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_many_mutated_sessions(tmp_path):
    assert fuzz(tmp_path, range(100, 200)) > 500


def test_times_that_run_backwards_are_refused_where_they_cannot_be_held(tmp_path):
    session = record(tmp_path / "session", [(i, RIGHT) for i in range(4)]).path
    lines = [json.loads(line) for line in (session / "frames.jsonl").read_text().splitlines()]
    for line in lines:
        if line.get("index") == 3:
            line["time_ns"] = -5
    (session / "frames.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    for format, sentence in (("glb", "do not rise"),):
        with open_session(session) as opened, pytest.raises(HandcamError, match=sentence):
            convert(opened, format, tmp_path / f"take{suffix(format)}")
