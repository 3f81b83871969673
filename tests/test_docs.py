"""What README and documents tell a user to type exists, with those options, and the cheap part of it is run."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

import handcam
from handcam.cli import command as command_of
from handcam.plugins import names
from handcam.sources import Source, SourceSettings

ROOT = Path(__file__).parents[1]
PAGES = {path.name: path.read_text("utf-8") for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))}
README = PAGES["README.md"]
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [block for text in PAGES.values() for block in BLOCK.findall(text)]
INLINE = sorted({code for text in PAGES.values() for code in re.findall(r"`(handcam [a-z][^`\n]+)`", text)})
FEWEST = 8
"""A README with fewer commands than this was not read right."""
LONGEST = 150
"""Lines of the README."""
PROGRAM = r"(?:\S*/)?(?:python[\d.]* launch\.py|handcam)(?=\s|$)"


def shell_lines() -> list[str]:
    """Every line of the shell blocks, continued lines joined, without prompts and comments."""
    lines: list[str] = []
    for language, text in BLOCKS:
        if language in ("", "sh", "bash", "console", "shell"):
            joined = text.replace("\\\n", " ")
            lines += [re.sub(r"^\$\s+|\s+#\s.*$", "", line.strip()) for line in joined.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def commands() -> list[str]:
    """The calls of handcam in them."""
    calls = [part.strip() for line in shell_lines() for part in re.split(r"&&|\|\||[;|&>]\s", line)]
    return sorted({call for call in calls if re.match(PROGRAM, call)})


def arguments(command: str) -> tuple[str, list[str]]:
    """Name and options of a call."""
    words = shlex.split(re.sub(PROGRAM, "", command, count=1))
    return (words[0], words[1:]) if words and not words[0].startswith("-") else ("run", words)


def test_the_readme_is_short_and_has_commands() -> None:
    blocks = BLOCK.findall(README)
    assert README.count("\n") <= LONGEST
    assert len(commands()) >= sum(text.count("handcam ") for _, text in blocks) >= FEWEST
    assert any(language == "python" for language, _ in blocks), "the library has an example"


@pytest.mark.parametrize("command", commands())
def test_a_command_exists_with_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, options = arguments(command)
    if options in (["--help"], ["--version"]) and name == "run":
        return
    assert name in names("handcam.cli"), f"there is no command {name!r}"
    options = [option for option in options if option != "--verbose"]
    with pytest.raises(SystemExit) if "--help" in options else nullcontext():
        command_of(name, options, check=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", INLINE)
def test_a_command_in_a_sentence_exists_with_its_options(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for call in re.split(r" && ", command):
        if not call.startswith("handcam "):
            continue
        name, words = arguments(call)
        assert name in names("handcam.cli"), f"there is no command {name!r}"
        with pytest.raises(SystemExit):
            command_of(name, [*(word for word in words[:1] if not word.startswith("-")), "--help"])
        options = {word.partition("=")[0] for word in words if word.startswith("--")} - {"--verbose"}
        assert options <= set(re.findall(r"--[\w-]+", capsys.readouterr().out))


@pytest.mark.parametrize("command", [c for c in commands() if re.search(r"--help|--version", c)])
def test_what_costs_nothing_is_run(command: str) -> None:
    name, options = arguments(command)
    words = options if name == "run" else [name, *options]
    run = subprocess.run(
        [sys.executable, "launch.py", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


def test_set_up_lines_name_extras_that_exist() -> None:
    lines = [line for line in shell_lines() if "pip install" in line]
    assert len(lines) >= 2, "one line for the app, one for the tests"
    extras = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
    for line in lines:
        for group in re.findall(r"\.\[([\w,]+)\]", line):
            assert set(group.split(",")) <= extras, line


@pytest.mark.parametrize("code", [text for language, text in BLOCKS if language == "python"])
def test_python_examples_compile_and_import_what_exists(code: str) -> None:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("handcam"):
            module = __import__(node.module or "", fromlist=["_"])
            for alias in node.names:
                assert hasattr(module, alias.name), f"{node.module} has no {alias.name}"


def test_the_source_in_contributing_can_be_read() -> None:
    (code,) = (text for language, text in BLOCK.findall(PAGES["CONTRIBUTING.md"]) if language == "python")
    plugin: dict[str, Any] = {}
    exec(code, plugin)

    source = plugin["open"]("7", SourceSettings())
    frame = source.read()

    assert isinstance(source, Source)
    assert (frame.color.shape, frame.index) == ((480, 640, 3), 0)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    folder = ROOT if (ROOT / page).is_file() else ROOT / "docs"
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", PAGES[page])
    assert [link for link in links if not link.startswith("reference/") and not (folder / link).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page: str) -> None:
    folders = [ROOT, ROOT / "handcam"]
    named = re.findall(r"(?<![\w/])((?:[\w.]+/)+\w+\.py)\b", BLOCK.sub("", PAGES[page]))
    allowed = {"handcam/sources/noise.py", "sources/oak.py"}
    assert [name for name in named if name not in allowed and not any((f / name).is_file() for f in folders)] == []


def test_the_map_names_every_room() -> None:
    there = {
        path.stem for path in (ROOT / "handcam").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    there -= {"__init__"}
    assert set(re.findall(r"``(\w+)/?``", handcam.__doc__ or "")) >= there
    assert {
        name for name in there if f"`{name}/`" in PAGES["architecture.md"] or f"`{name}.py`" in PAGES["architecture.md"]
    } >= there - {"version"}
