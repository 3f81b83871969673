"""Find every visible text of the window, keep the translations' ``.ts`` files and compile them to ``.qm``.

``python examples/translations.py``: a new text is added to each file of ``assets/translations`` as unfinished, one that
is gone is removed. Fill them in with Qt Linguist (``pyside6-linguist``) or an editor, and run it again.
"""

import ast
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "assets" / "translations"
CONTEXT = "handcam"
GIVEN_TO = {"tr": 1, "noop": 1, "button": 2, "muted": 1, "ElidedLabel": 1, "MenuButton": 9, "Command": 9}
"""Functions whose first arguments are texts; they translate what they are given."""
SHOWN_BY_VALUE = {
    "camera/picture.py": ("Plane", "DepthRange"), "camera/split_view.py": ("_SKINS",),
    "settings/store.py": ("HANDS",), "settings/dialog.py": ("_THEMES",),
    "status/status_line.py": ("_TIPS", "_SLOTS"), "status/messages.py": ("NO_HAND",), "camera/view.py": ("_LABEL",),
    "sessions/export_dialog.py": ("_OPTIONS",), "directions/known.py": ("KINDS",), "actions.py": ("COMMANDS",),
    "explorer/modality_views.py": ("MODALITY_VIEWS",), "explorer/page.py": ("_MODALITIES",),
    "bar/menus.py": ("_SOURCE_TIP",), "calibration/dialog.py": ("_CAMERA", "_HAND", "_REFERENCES"),
    "panels/latent.py": ("_NAMES",), "map/projection.py": ("KINDS",), "panels/bones.py": ("_TIP",),
    "bar/hand_length.py": ("_TIP",),
}  # fmt: skip
"""Names in modules whose texts are translated where they are shown."""
ELSEWHERE = (
    "right", "left", "depth", "colour", "running", "paused", "starting", "failed", "ended", "stopped", "stalled",
    "exposure", "gain", "white balance", "focus", "brightness", "contrast", "zoom", "thumb", "index", "middle", "ring",
    "little", "wait", "detect", "crop", "predict", "decode", "refine", "draw", "section", "pinch", "ruler", "grip",
    "distance", "speed", "wrist speed", "index tip speed", "pinch and ruler", "thumb angles", "index angles",
    "middle angles", "ring angles", "little angles", "Live", "Explorer", "Map", "straight", "great circle", "measure",
    "all", "pose", "motion", "modality", "left and right", "top and bottom", "near and far", "tilted", "pictures",
    "named", "principal", "raw", "Rig", "Net", "Halo",
)  # fmt: skip
"""Words of other rooms, and those that are put together, which the window shows."""
NO_TEXTS = frozenset((
    "a4", "age", "board", "card", "dark", "edited", "fixed_bones", "hand", "joints3d", "keypoints", "keypoints2d",
    "light", "lost", "rate", "rgb", "skeleton", "surface", "system", "A", "B", "PCA", "t-SNE",
))  # fmt: skip
"""Keys beside the texts, and names that are the same in every language."""


def texts(root: Path = ROOT / "handcam" / "gui") -> set[str]:
    """Every text of the window that is translated."""
    found = set(ELSEWHERE)
    for path in sorted(root.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        names = SHOWN_BY_VALUE.get(path.relative_to(root).as_posix(), ())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                called = "MenuButton" if called == "__init__" and len(node.args) == 3 else called  # of a subclass
                given = node.args[: GIVEN_TO.get(called, 0)]
                shown = ("caption", "tip", "shown")
                given += [k.value for k in node.keywords if called == "Command" and k.arg in shown]
                if called == "Command":  # name and shortcuts are none
                    given = [arg for arg in given if arg is not node.args[0] and arg is not (*node.args, 0, 0)[2]]
                for arg in given:
                    found |= _strings(arg)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.ClassDef):
                targets = [node.name] if isinstance(node, ast.ClassDef) else []
                for target in getattr(node, "targets", [getattr(node, "target", None)]):
                    targets.append(getattr(target, "id", ""))
                if set(targets) & set(names):
                    found |= _strings(node)
    return {text for text in found - NO_TEXTS if any(c.isalpha() for c in text)}


def _strings(node: ast.AST) -> set[str]:
    """Strings under a node, without docstrings and keys that are put into words elsewhere."""
    skipped = {id(each.value) for each in ast.walk(node) if isinstance(each, ast.Expr)}
    skipped |= {id(v) for each in ast.walk(node) if isinstance(each, ast.JoinedStr) for v in ast.walk(each)}
    if isinstance(node, ast.Assign | ast.AnnAssign) and "COMMANDS" in ast.dump(node)[:200]:
        dictionary = node.value
        return {key.value for key in getattr(dictionary, "keys", []) if getattr(key, "value", "")}
    return {
        each.value for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and id(each) not in skipped
    }  # fmt: skip


def translations(path: Path) -> dict[str, str]:
    """The finished translations of a ``.ts`` file."""
    found = {}
    for message in Xml.parse(path).iter("message"):
        translation = message.find("translation")
        if translation is not None and translation.get("type") is None and translation.text:
            found[message.findtext("source", "")] = translation.text
    return found


def write(path: Path, known: dict[str, str], sources: set[str]) -> None:
    """Write a ``.ts`` file; what is not known is unfinished."""
    top = Xml.Element("TS", version="2.1", language=path.stem, sourcelanguage="en")
    context = Xml.SubElement(top, "context")
    Xml.SubElement(context, "name").text = CONTEXT
    for source in sorted(sources):
        message = Xml.SubElement(context, "message")
        Xml.SubElement(message, "source").text = source
        translation = Xml.SubElement(message, "translation", {} if source in known else {"type": "unfinished"})
        translation.text = known.get(source, "")
    Xml.indent(top)
    path.write_bytes(b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n' + Xml.tostring(top, "utf-8") + b"\n")


def main() -> int:
    """Bring every file up to date; the exit code is 1 while something is unfinished."""
    sources, unfinished = texts(), 0
    for path in sorted(FOLDER.glob("*.ts")):
        known = translations(path)
        write(path, known, sources)
        missing = sorted(sources - known.keys())
        unfinished += len(missing)
        print(f"{path.name}: {len(sources)} texts, {len(missing)} unfinished", *missing, sep="\n  ")
        command = Path(sys.executable).with_name("pyside6-lrelease")
        subprocess.run([command, "-silent", path, "-qm", path.with_suffix(".qm")], check=True)
    return int(unfinished > 0)


if __name__ == "__main__":
    sys.exit(main())
