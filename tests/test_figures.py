"""The scripts that make the documents' figures: each can be imported, and the cheapest runs."""

import runpy
from pathlib import Path

import pytest

FIGURES = Path(__file__).parents[1] / "examples" / "figures"


@pytest.mark.parametrize("script", sorted(FIGURES.glob("*.py")), ids=lambda path: path.stem)
def test_every_script_can_be_imported_and_says_how_to_run_it(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FIGURES)  # where Python looks first when it runs one
    assert f"python examples/figures/{script.name}" in runpy.run_path(str(script))["__doc__"]


def test_the_speed_of_rendering_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(FIGURES / "render_speed.py"))["main"](40)

    assert "crops of 128 px a second" in capsys.readouterr().out
