"""List the packages that handcam installs with their licences; write tested versions and the bill of materials."""

import importlib.metadata as metadata
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.console import Console
from rich.table import Table
from tyro.conf import arg

from handcam.paths import write_atomic
from handcam.validation import OutputFile

__all__ = ["ALLOWED", "Package", "fits", "is_allowed", "main", "packages"]

ALLOWED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
    "HPND", "ISC", "LGPL-3.0-only", "LicenseRef-TOST-1.0", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Unlicense",
    "Zlib",
}  # fmt: skip
"""Licences of what a user installs, by SPDX: all permissive but for the MPL (certificates, unchanged) and the LGPL (Qt,
as libraries of their own that may be exchanged). TOST is Pixar's Apache-2.0 with another clause on trademarks."""
NVIDIA = "LicenseRef-NVIDIA-Proprietary"
"""Of the CUDA libraries that PyTorch's usual build brings: allowed in optional parts only."""
TOOLS = ("dev", "docs", "test")
"""Extras of those who work on handcam; nothing in them is part of what runs."""
_SPDX = (
    (r"apache", "Apache-2.0"), (r"\bmit\b|mit license", "MIT"), (r"2-clause", "BSD-2-Clause"), (r"bsd", "BSD-3-Clause"),
    (r"kiwi", "BSD-3-Clause"), (r"mozilla|mpl", "MPL-2.0"), (r"python software foundation|matplotlib", "PSF-2.0"),
    (r"\bisc", "ISC"), (r"public domain|unencumbered", "Unlicense"), (r"zlib", "Zlib"), (r"hpnd", "HPND"),
)  # fmt: skip
"""Words that packages without an SPDX expression use."""
_READ = {"ezc3d": "MIT", "apsw": "Zlib"}
"""Packages whose metadata say nothing, by their licence files; apsw may be had under any licence of the OSI."""
_COPYLEFT = re.compile(r"(?:^|/)lib(x264|x265)[-.]")
"""Libraries under the GPL, by the names of their files in wheels."""
_HEAD = "| package | licence | part |\n|---|---|---|\n"
"""Head of the page's table; what stands before it in the file is written by hand."""


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package that handcam asks for, itself or through another."""

    name: str
    """Name as pip knows it."""
    version: str
    """Installed version."""
    licence: str
    """SPDX expression; ``unknown`` where the package says nothing that is understood."""
    parts: tuple[str, ...]
    """``base`` and the extras that bring it."""
    needs: tuple[str, ...]
    """Names of the packages that it asks for."""


def packages(tools: bool = False) -> list[Package]:
    """List what handcam installs, as far as it is installed here, sorted by name.

    Args:
        tools: what only those who work on handcam need as well.
    """
    extras = metadata.metadata("handcam").get_all("Provides-Extra") or []
    parts: dict[str, list[str]] = {}
    for part in ("base", *(extra for extra in extras if tools or extra not in (*TOOLS, "all"))):
        for name in _closure("handcam", frozenset() if part == "base" else frozenset([part])):
            parts.setdefault(name, []).append(part)
    found = []
    for name, brought in sorted(parts.items()):
        if name != "handcam":
            dist = metadata.distribution(name)
            needs = sorted({canonicalize_name(need.name) for need in _requirements(dist, frozenset())} & parts.keys())
            by = ("base",) if "base" in brought else tuple(brought)
            found.append(Package(dist.name, dist.version, licence_of(dist), by, tuple(needs)))
    return found


def _closure(name: str, extras: frozenset[str]) -> set[str]:
    """Names of a package and all that it asks for, as far as they are installed."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(canonicalize_name(name), extras)]
    while waiting:
        entry = waiting.pop()
        if entry in seen:
            continue
        seen.add(entry)
        try:
            dist = metadata.distribution(entry[0])
        except metadata.PackageNotFoundError:
            continue
        found.add(entry[0])
        waiting += [(canonicalize_name(need.name), frozenset(need.extras)) for need in _requirements(dist, entry[1])]
    return found


def _requirements(dist: metadata.Distribution, extras: frozenset[str]) -> Iterator[Requirement]:
    for line in dist.requires or []:
        need = Requirement(line)
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield need


def licence_of(dist: metadata.Distribution) -> str:
    """The SPDX expression of a package, from its own or from the words of its metadata."""
    about: Any = dist.metadata  # a message of the standard library's email
    expression = about.get("License-Expression")
    if expression:
        return expression
    words = (about.get("License") or "").strip()
    if re.fullmatch(r"[\w.+-]+(?: (?:OR|AND|WITH) [\w.+-]+)+|LicenseRef-[\w.-]+", words):
        return words
    classifiers = [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    for text in (words[:60], *classifiers):
        for pattern, spdx in _SPDX:
            if re.search(pattern, text.lower()):
                return spdx
    if re.match(r"nvidia-|cuda-toolkit|onnxruntime-ep-nv", about["Name"]):
        return NVIDIA
    return _READ.get(canonicalize_name(about["Name"]), "unknown")


def fits(package: Package) -> bool:
    """Whether a package may be installed: by its licence, or as NVIDIA's libraries in an optional part."""
    return is_allowed(package.licence) or (package.licence == NVIDIA and "base" not in package.parts)


def is_allowed(expression: str) -> bool:
    """Whether a licence may be chosen from an SPDX expression so that all of it is in the list."""
    alternatives = expression.strip("()").split(" OR ")
    return any(all(part.strip("() ") in ALLOWED for part in choice.split(" AND ")) for choice in alternatives)


def copyleft_libraries() -> dict[str, list[str]]:
    """Libraries under the GPL in the wheels of installed packages, by package."""
    found: dict[str, list[str]] = {}
    for package in packages():
        files = metadata.distribution(package.name).files or []
        names = {match[1] for file in files if (match := _COPYLEFT.search(str(file)))}
        if names:
            found[package.name] = sorted(names)
    return found


def page(before: str) -> str:
    """The page of the documents with a new table; ``before`` is the page as it is."""
    rows = [f"| {p.name} | {p.licence} | {', '.join(p.parts)} |" for p in packages()]
    return before.partition(_HEAD)[0] + _HEAD + "\n".join(rows) + "\n"


def constraints() -> str:
    """The versions installed here, as pip's ``-c`` takes them."""
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    head = f"# Installed together on {sys.platform}, {python}, where the tests were run:\n"
    how = '# pip install -c constraints.txt "handcam[all]"; made by handcam licences --constraints constraints.txt\n'
    return head + how + "".join(f"{p.name}=={p.version.partition('+')[0]}\n" for p in packages())


def bill_of_materials() -> str:
    """The packages as CycloneDX 1.5."""
    there = packages()
    names: dict[str, str] = {
        canonicalize_name(p.name): f"pkg:pypi/{canonicalize_name(p.name)}@{p.version}" for p in there
    }
    about = {"type": "application", "name": "handcam", "version": metadata.version("handcam"), "bom-ref": "handcam"}
    direct = [canonicalize_name(need.name) for need in _requirements(metadata.distribution("handcam"), frozenset())]
    parts = [
        {
            "type": "library", "name": p.name, "version": p.version, "purl": names[canonicalize_name(p.name)],
            "bom-ref": names[canonicalize_name(p.name)], "licenses": [{"expression": p.licence}],
            "properties": [{"name": "handcam:part", "value": part} for part in p.parts],
        }
        for p in there
    ]  # fmt: skip
    links = [{"ref": "handcam", "dependsOn": [names[name] for name in direct if name in names]}]
    links += [{"ref": names[canonicalize_name(p.name)], "dependsOn": [names[n] for n in p.needs]} for p in there]
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": about}}
    return json.dumps({**head, "components": parts, "dependencies": links}, indent=1) + "\n"


def main(
    *,
    page_file: Annotated[OutputFile | None, arg(name="page")] = None,
    constraints_file: Annotated[OutputFile | None, arg(name="constraints")] = None,
    sbom: OutputFile | None = None,
) -> int:
    """List every installed package that handcam asks for, with its licence. Exit code 1 if one is not allowed.

    Args:
        page_file: write the table of the documents into this page.
        constraints_file: write the installed versions, for pip install -c FILE.
        sbom: write a bill of materials, CycloneDX in JSON.
    """
    if page_file is not None:
        write_atomic(page_file, page(page_file.read_text("utf-8") if page_file.is_file() else ""))
    if constraints_file is not None:
        write_atomic(constraints_file, constraints())
    if sbom is not None:
        write_atomic(sbom, bill_of_materials())
    there = packages()
    bad = [package.name for package in there if not fits(package)]
    if page_file is None and constraints_file is None and sbom is None:
        table = Table("package", "version", "licence", "part", show_edge=False)
        for p in there:
            table.add_row(p.name, p.version, p.licence, ", ".join(p.parts))
        Console().print(table)
    if bad:
        print(f"The licence of {', '.join(bad)} is not in the list of those that are allowed.", file=sys.stderr)
    return 1 if bad else 0
