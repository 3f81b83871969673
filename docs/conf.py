"""The documentation as one site: ``sphinx-build -W docs site``. The API reference is made from the docstrings."""

import importlib
import pkgutil
from pathlib import Path

from sphinx.application import Sphinx

import handcam

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = Path(__file__).with_name("reference")

project, author, release = "handcam", "the handcam authors", handcam.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"handcam {release}"
exclude_patterns = ["site"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True, "ignore-module-all": True}
python_maximum_signature_line_length = 100
napoleon_use_ivar = True
suppress_warnings = [
    "ref.python",  # several classes have fields of one name
    "myst.xref_missing",  # links to files of the repository; tests/test_docs.py follows all links
]


def write_reference(_: Sphinx) -> None:
    """Write one page for every room, all its public modules on it; pages of rooms that are gone are removed."""
    pages = {"index.rst": ["API reference", "=============", "", ".. toctree::", ""]}
    for room in sorted(module.name for module in pkgutil.iter_modules(handcam.__path__) if module.name[0] != "_"):
        pages["index.rst"].append(f"   {room}")
        pages[f"{room}.rst"] = [room, "=" * len(room), ""]
        for name in modules(f"handcam.{room}"):
            pages[f"{room}.rst"] += [name, "-" * len(name), "", f".. automodule:: {name}", ""]
    REFERENCE.mkdir(exist_ok=True)
    for old in REFERENCE.glob("*.rst"):
        if old.name not in pages:
            old.unlink()
    for name, lines in pages.items():
        text = "\n".join(lines)
        if not (REFERENCE / name).is_file() or (REFERENCE / name).read_text("utf-8") != text:
            (REFERENCE / name).write_text(text, "utf-8")


def modules(name: str) -> list[str]:
    """A module and those below it, without private ones."""
    module = importlib.import_module(name)
    below = pkgutil.iter_modules(getattr(module, "__path__", []))
    return [name, *(inner for one in below if one.name[0] != "_" for inner in modules(f"{name}.{one.name}"))]


def setup(app: Sphinx) -> None:
    """Sphinx's hook."""
    app.connect("builder-inited", write_reference)
