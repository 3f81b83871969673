"""The folder is the registry: a file that is there can be used, and nothing else."""

import sys
import textwrap
from pathlib import Path

import pytest

from handcam.plugins import load, names
from handcam.sources import SourceError, SourceSettings, open_source

OPENS = {"sources": 2, "detectors": 0, "filters": 0, "runtimes": 1, "streams": 2}
"""How many arguments ``open`` must take, by folder."""
ALL = [(folder, name) for folder in OPENS for name in names(f"handcam.{folder}")]


@pytest.mark.parametrize(("folder", "name"), ALL, ids=[f"{folder}.{name}" for folder, name in ALL])
def test_a_plug_in_can_be_loaded_and_opens(folder: str, name: str) -> None:
    import inspect

    try:
        plugin = load(f"handcam.{folder}", name)
    except ImportError as error:
        pytest.skip(f"the optional package {error.name} is not installed")
    plugin_open = plugin.open
    inspect.signature(plugin_open).bind(*range(OPENS[folder]))
    assert plugin.__doc__, "it does not say what it is"
    assert (plugin_open.__doc__ or "").strip(), "open does not say what it does"


@pytest.mark.parametrize("name", names("handcam.cli"))
def test_a_command_has_a_documented_main(name: str) -> None:
    command = load("handcam.cli", name)
    functions = [*getattr(command, "KINDS", {}).values(), *([command.main] if hasattr(command, "main") else [])]
    assert functions
    assert (command.__doc__ or "").splitlines()[0].endswith("."), "one line first"
    for function in functions:
        assert (function.__doc__ or "").strip()


def test_a_new_file_is_a_new_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import handcam.sources

    (tmp_path / "made_up.py").write_text(
        textwrap.dedent("""
            class Nothing:
                name, fps, live = "nothing", 1.0, False
                def read(self): return None
                def close(self): ...
            def open(rest, settings):
                assert rest == "a:b" and settings.seed == 3
                return Nothing()
        """)
    )
    monkeypatch.setattr(handcam.sources, "__path__", [*handcam.sources.__path__, str(tmp_path)])
    try:
        assert "made_up" in names("handcam.sources")
        source = open_source("made_up:a:b", SourceSettings(seed=3))
        assert source.read() is None
    finally:
        sys.modules.pop("handcam.sources.made_up", None)


def test_what_is_not_there_is_told_with_what_is() -> None:
    with pytest.raises(LookupError, match=r"no 'sonar' among the sources; choose one of .*webcam"):
        load("handcam.sources", "sonar")
    with pytest.raises(SourceError, match=r"Unknown source 'sonar:1'; use one of .*video"):
        open_source("sonar:1")
    assert not any(name.startswith("_") for name in names("handcam.sources"))


def test_a_missing_package_is_told_with_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import handcam.sources

    (tmp_path / "needy.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.setattr(handcam.sources, "__path__", [*handcam.sources.__path__, str(tmp_path)])
    with pytest.raises(SourceError, match="needs the package 'a_package_that_nobody_has'; install it with"):
        open_source("needy")
