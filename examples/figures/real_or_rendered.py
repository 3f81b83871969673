"""How easily real and rendered hands are told apart, and by what; and a sheet of both to look at.

python examples/figures/real_or_rendered.py SCENES SHEET.png REAL_FOLDER...

Each REAL_FOLDER holds pictures with a boxes.json (file -> list of [x, y, width, height]). Both kinds are cut around the
hand alike; boosted trees then judge colours and fine texture, cross-validated: 50 % means that they cannot tell.
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_score

from handcam.pictures import read_picture
from handcam.synth.world import WorldSettings
from handcam.synth.world.scenes import world_scenes

EDGE, LEAST_PX, EACH = 224, 40, 90


def around(picture: np.ndarray, box: np.ndarray) -> np.ndarray:
    """A square of 1.5 times a box (left, top, right, bottom)."""
    k = EDGE / (1.5 * float((box[2:] - box[:2]).max()))
    x, y = EDGE / 2 - k * (box[:2] + box[2:]) / 2
    way = cv2.INTER_AREA if k < 0.7 else cv2.INTER_LINEAR
    return cv2.warpAffine(picture, np.array([[k, 0, x], [0, k, y]]), (EDGE, EDGE), flags=way)


def real_crops(folder: Path, rng: np.random.Generator) -> list[np.ndarray]:
    boxes, out = json.loads((folder / "boxes.json").read_text()), []
    for name in rng.permutation(sorted(boxes)):
        found = sorted(folder.rglob(Path(name).name))
        if found and boxes[name] and len(out) < EACH:
            x, y, w, h = boxes[name][0][:4]
            if max(w, h) > LEAST_PX:
                out.append(around(read_picture(found[0]), np.array([x, y, x + w, y + h], float)))
    return out


def rendered_crops(scenes: Path, count: int) -> list[np.ndarray]:
    out, settings = [], WorldSettings(scenes=scenes, scene_px=480, empty=0.0)
    for scene in world_scenes(np.random.default_rng(5), settings):
        for hand in scene.hands[:1]:
            if hand.seen > 0.5 and (hand.seen_box[2:] - hand.seen_box[:2]).max() > LEAST_PX:
                out.append(around(scene.color, hand.seen_box))
        if len(out) >= count:
            return out
    return out


def measures(picture: np.ndarray) -> dict[str, float]:
    """Means and spreads of colours, and log strength and peakedness of four octaves of detail, in the middle."""
    part = picture[52:172, 52:172]
    lab, hsv = cv2.cvtColor(part, cv2.COLOR_RGB2LAB), cv2.cvtColor(part, cv2.COLOR_RGB2HSV)
    grey, out = part.astype(np.float32).mean(2), {"saturation": float(hsv[..., 1].mean())}
    for name, plane in zip(("lightness", "green-red", "blue-yellow"), np.moveaxis(lab, 2, 0), strict=True):
        out[name], out[f"{name} spread"] = float(plane.mean()), float(plane.std())
    for octave in range(4):
        smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
        detail = np.abs(grey - smooth)
        out[f"detail {octave}"] = float(np.log(detail.std() + 0.1))
        out[f"peaks {octave}"] = float(np.log((detail**4).mean() / ((detail**2).mean() ** 2 + 1e-6) + 0.1))
        grey = cv2.resize(smooth, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return out


def main(scenes: Path, sheet: Path, folders: list[Path]) -> None:
    rng = np.random.default_rng(0)
    real = [crop for folder in folders for crop in real_crops(folder, rng)]
    rendered = rendered_crops(scenes, len(real))
    rows = [measures(p) for p in real + rendered]
    names = list(rows[0])
    x, y = np.array([[row[name] for name in names] for row in rows]), np.repeat([0, 1], [len(real), len(rendered)])
    detail = [name.startswith(("detail", "peaks")) for name in names]
    for kind, kept in (("all", np.full(len(names), True)), ("detail", np.array(detail)), ("colour", ~np.array(detail))):
        scores = cross_val_score(HistGradientBoostingClassifier(max_iter=120), x[:, kept], y, cv=5)
        print(f"by {kind:7} {scores.mean():.0%} of {len(real)} real and {len(rendered)} rendered crops told apart")
    shift = (x[y == 1].mean(0) - x[y == 0].mean(0)) / x.std(0)
    for i in np.argsort(-np.abs(shift))[:6]:
        print(f"{names[i]:18} {shift[i]:+.2f} standard deviations in rendered ones")
    shown = [p for kind in (real, rendered) for p in kind[:: len(kind) // 60][:60]]
    both = [cv2.resize(p, (112, 112), interpolation=cv2.INTER_AREA) for p in shown]
    lines = [np.concatenate(both[i : i + 15], 1) for i in range(0, len(both) - 14, 15)]
    cv2.imwrite(str(sheet), np.concatenate(lines)[..., ::-1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(folder) for folder in sys.argv[3:]])
