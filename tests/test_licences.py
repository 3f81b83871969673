"""What is installed and under which licences: the list, its page, the tested versions and the bill of materials."""

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typed import present

from handcam.cli import main
from handcam.cli.licences import ALLOWED, TOOLS, copyleft_libraries, fits, is_allowed, packages

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "licences.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
"""From the checkout: what is installed may be of an older one."""
USED = [*PROJECT["dependencies"], *(line for name, lines in EXTRAS.items() if name not in TOOLS for line in lines)]
DIRECT = {canonicalize_name(Requirement(line).name) for line in USED} - {"handcam"}


def test_every_licence_of_what_a_user_installs_is_in_the_list() -> None:
    there = packages()
    assert len(there) > 30
    assert not [(package.name, package.licence) for package in there if not fits(package)]


@pytest.mark.parametrize(
    ("expression", "allowed"),
    [
        ("MIT", True), ("GPL-2.0-only", False), ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", True),
        ("Apache-2.0 AND MIT", True), ("MIT AND GPL-3.0-only", False), ("unknown", False), ("", False),
    ],
)  # fmt: skip
def test_an_expression_is_read(expression: str, allowed: bool) -> None:
    assert is_allowed(expression) is allowed


def test_no_copyleft_but_that_of_qt_is_in_the_list() -> None:
    assert [licence for licence in sorted(ALLOWED) if "GPL" in licence] == ["LGPL-3.0-only"]


def test_the_page_names_what_handcam_asks_for() -> None:
    rows = re.findall(r"^\| ([\w.-]+) \| [^|]+ \|", PAGE.partition("## Packages")[2], re.MULTILINE)
    named = set(map(canonicalize_name, rows))
    direct = {canonicalize_name(package.name) for package in packages()} & DIRECT
    assert direct <= named, "out of date; handcam licences --page docs/licences.md"


def test_the_page_tells_of_all_gpl_code_in_wheels() -> None:
    assert copyleft_libraries() in ({}, {"av": ["x264", "x265"]})
    assert "**libx264** and **libx265**" in PAGE


def test_the_bill_of_materials_and_the_versions(tmp_path: Path) -> None:
    sbom, versions, page = tmp_path / "sbom.json", tmp_path / "constraints.txt", tmp_path / "page.md"
    page.write_text(PAGE, "utf-8")
    code = main(["licences", "--sbom", str(sbom), "--constraints", str(versions), "--page", str(page)])
    assert code == 0
    bill = json.loads(sbom.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    refs = {part["bom-ref"] for part in bill["components"]}
    assert len(refs) == len(bill["components"]) == len(packages())
    for link in bill["dependencies"]:
        assert set(link["dependsOn"]) <= refs
    lines = [line for line in versions.read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)
    assert f"numpy=={metadata.version('numpy')}" in lines
    assert page.read_text("utf-8").partition("## Packages")[0] == PAGE.partition("## Packages")[0]


def test_the_tested_versions_are_in_the_tested_ranges() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    python = present(re.search(r"Python (3\.\d+)", lines[0]))[1]
    pinned = {canonicalize_name(n): v for n, _, v in (line.partition("==") for line in lines if "==" in line)}
    for line in USED:
        need = Requirement(line)
        name = canonicalize_name(need.name)
        if name in pinned and (need.marker is None or need.marker.evaluate({"python_version": python})):
            assert need.specifier.contains(pinned[name], prereleases=True), f"{need} but {pinned[name]} was tested"
