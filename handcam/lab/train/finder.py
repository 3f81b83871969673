"""Train the palm detector further: real pictures with boxes, in any turn, size and light, and what looks like hands.

It starts from the palm detector's own weights. Anchors are matched to palms by what they say themselves (the cheapest
of those near the palm's middle: Ge et al., OTA, 2021); a hand of which only the box is known teaches the score of its
likeliest anchors, that their palms lie in the box, and a sensible size, but no turn. The layers up to 1/8 of the
picture stay as they are.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from handcam.api import open_runtime
from handcam.detectors import palm
from handcam.lab.data.boxed import picture_files, read_boxed
from handcam.lab.data.mediapipe_weights import read_palm_detector
from handcam.lab.data.palm_scenes import SceneSource, compose
from handcam.lab.data.palms import SUSPECTED, PalmPicture, read_or_label, rendered_palms, without_labels
from handcam.lab.data.rendered import find_packs, read_scene_pack
from handcam.lab.train.loop import LoopSettings, Task, averaged_weights, run, start_fabric
from handcam.model.nets.palm import INPUT_PX, POINTS, Palm, PalmOutput, anchors
from handcam.model.weights import default_weights
from handcam.ranges import Edge
from handcam.runtimes import Detections
from handcam.tracking.parts import WHOLE, parts_of
from handcam.types import Frame, HandcamError, Intrinsics
from handcam.validation import InputFile, InputFolder

__all__ = ["FinderSettings", "PalmObjective", "build", "drawer", "read_pictures", "train", "trained_detector"]

MISTAKEN = 0.4
"""Score from which something that is no hand is shown more often."""
PACKS = 8
"""Files of rendered pictures that are read, 500 pictures each."""
MOST = 8
"""Hands of a picture that are taught."""
_FIELDS = {"squares": (MOST, 3), "points": (MOST, POINTS, 2), "boxes": (MOST, 4), "ignored": (MOST, 4)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FinderSettings(LoopSettings):
    """Settings of the training."""

    pictures: tuple[str, ...]
    """Folders of pictures with hands, each ``FOLDER``, ``FOLDER=SHARE``, or ``FOLDER=SHARE=stretched`` where the aspect
    is unknown; with boxes, with palms.json, rendered (``handcam synthesize --kind scene``), or without labels."""
    empty: tuple[InputFolder, ...]
    """Folders of pictures without hands."""
    start: InputFile | None = None
    """Weights of a detector to start from; MediaPipe's by default."""
    edge_px: Edge = INPUT_PX
    """Edge of the pictures."""
    mine: bool = False
    """Show, of the pictures without hands, what ``start`` takes for hands more often than the rest."""


class PalmObjective(nn.Module):
    """Losses of a batch of pictures."""

    def __init__(self, net: Palm) -> None:
        super().__init__()
        self.net = net
        self.frozen = nn.ModuleList([net.stem, *net.down[:4]])
        for parameter in self.frozen.parameters():
            parameter.requires_grad_(False)

    def forward(
        self, color: Tensor, squares: Tensor, points: Tensor, boxes: Tensor, ignored: Tensor
    ) -> dict[str, Tensor]:
        """Score, box and points.

        Args:
            color: uint8 (b s s 3).
            squares: centre and edge of each palm (b k 3); NaN where unknown or not there.
            points: (b k 7 2), NaN where unknown.
            boxes: of the hands (b k 4), NaN where there is none.
            ignored: of neither hands nor background (b k 4), NaN where there is none.
        """
        image = (color.permute(0, 3, 1, 2).float() / 255).contiguous(memory_format=torch.channels_last)
        found = self.net(image)
        at = anchors(color.shape[1])
        rows = [
            _losses(PalmOutput(*(x[i] for x in found)), at, squares[i], points[i], boxes[i], ignored[i])
            for i in range(len(color))
        ]
        count = torch.stack([row["count"] for row in rows]).sum().clamp_min(1.0)
        return {name: torch.stack([row[name] for row in rows]).sum() / count for name in ("score", "box", "points")}


def _losses(
    found: PalmOutput, at: Tensor, squares: Tensor, points: Tensor, boxes: Tensor, ignored: Tensor
) -> dict[str, Tensor]:
    """Losses of one picture, summed over its anchors."""
    target = torch.zeros_like(found.logits)
    counts = torch.ones_like(target)
    box_loss = points_loss = found.logits.sum() * 0.0
    centre, edge = found.boxes[:, :2], found.boxes[:, 2:].mean(1)
    with torch.no_grad():
        for row in torch.cat([ignored, boxes]):
            if torch.isfinite(row).all():
                middle, half = (row[:2] + row[2:]) / 2, (row[2:] - row[:2]) / 2 * 1.1
                counts[((at - middle).abs() < half).all(1) | ((centre - middle).abs() < half).all(1)] = 0.0
    chosen_count = 0
    for square, palm_points, box in zip(squares, points, boxes, strict=True):
        if not torch.isfinite(box).all():
            continue
        middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
        length = 2 * half.max()
        if torch.isfinite(square).all():
            with torch.no_grad():
                near = ((at - square[:2]).abs().amax(1) < (0.5 * square[2]).clamp_min(0.045)).nonzero()[:, 0]
                overlap = _overlap(found.boxes[near], square)
                cost = F.softplus(-found.logits[near]) + 3 * (1 - overlap)
                k = int(overlap.topk(min(10, len(near))).values.sum().clamp(2, 8))
                chosen = near[cost.topk(min(k, len(near)), largest=False).indices]
            wanted = torch.cat([square[:2], square[2:].expand(2)])
            away = (found.boxes[chosen] - wanted) / square[2]
            box_loss = box_loss + F.smooth_l1_loss(away, torch.zeros_like(away), beta=0.1, reduction="sum") / 2
            known = torch.isfinite(palm_points).all(1)
            apart = (found.points[chosen][:, known] - palm_points[known]) / square[2]
            error = F.smooth_l1_loss(apart, torch.zeros_like(apart), beta=0.1, reduction="sum")
            points_loss = points_loss + 2 * error / int(known.sum())
        else:
            with torch.no_grad():
                near = ((at - middle).abs() < 0.8 * half.clamp_min(0.04)).all(1).nonzero()[:, 0]
                outside = ((centre[near] - middle).abs() - 0.9 * half).clamp_min(0).sum(1) / length
                chosen = near[(found.logits[near] - 20 * outside).topk(min(3, len(near))).indices]
            outside = ((centre[chosen] - middle).abs() - 0.7 * half).clamp_min(0).sum(1)
            wrong = (0.33 * length - edge[chosen]).clamp_min(0) + (edge[chosen] - 0.8 * length).clamp_min(0)
            box_loss = box_loss + (outside + wrong).sum() / length
        target[chosen], counts[chosen] = 1.0, 1.0
        chosen_count += len(chosen)
    probability = torch.sigmoid(found.logits)
    focal = (target - probability).abs().square() * (1.0 + 1.0 * target)
    score = (counts * focal * F.binary_cross_entropy_with_logits(found.logits, target, reduction="none")).sum()
    return {"score": 4 * score, "box": box_loss, "points": points_loss, "count": score.new_tensor(float(chosen_count))}


def _overlap(boxes: Tensor, square: Tensor) -> Tensor:
    """Intersection over union of boxes (n 4: centre, size) with a square (3: centre, edge)."""
    low = torch.maximum(boxes[:, :2] - boxes[:, 2:] / 2, square[:2] - square[2] / 2)
    high = torch.minimum(boxes[:, :2] + boxes[:, 2:] / 2, square[:2] + square[2] / 2)
    common = (high - low).clamp_min(0).prod(1)
    return common / (boxes[:, 2:].clamp_min(1e-4).prod(1) + square[2] ** 2 - common)


def read_pictures(settings: FinderSettings) -> SceneSource:
    """Read and label the pictures; what is found is kept in ``out``."""
    detector = palm.open(least_score=SUSPECTED)
    runtime = open_runtime(default_weights())
    hands, shares = [], []
    for text in settings.pictures:
        name, _, rest = text.partition("=")
        share, _, how = rest.partition("=")
        folder = Path(name)
        cache = settings.out / f"palms.{folder.name}.json"
        if (folder / "dataset.json").is_file():
            hands.append([rendered_palms(one) for path in find_packs(name)[:PACKS] for one in read_scene_pack(path)])
        elif (folder / "palms.json").is_file():
            hands.append(_read_by_eye(folder))
        else:
            known = read_boxed(folder) if _has_boxes(folder) else without_labels(picture_files(folder))
            read = list(read_or_label(known, how == "stretched", cache, detector, runtime))
            hands.append([picture for picture in read if len(picture.boxes)])
        shares.append(float(share or 1.0))
    detector.close()
    runtime.close()
    empty = [_small(path) for folder in settings.empty for path in picture_files(folder)]
    return SceneSource(hands, shares, empty)


@torch.inference_mode()
def mistaken(net: Palm, pictures: Sequence[np.ndarray], edge: int) -> list[np.ndarray]:
    """Cut out of pictures without hands what a net takes for one, with as much again around it."""
    out = []
    for color in pictures:
        height, width = color.shape[:2]
        frame = Frame(0, 0, Intrinsics.from_fov(width, height, 1.0), color)
        for part in [WHOLE, *parts_of(frame)[:1]]:
            shown = part.of(frame).color
            assert shown is not None
            square, scale, offset = palm.letterbox(shown, edge)
            seen = net(torch.from_numpy(square)[None].permute(0, 3, 1, 2).float() / 255)
            found = Detections(seen.boxes.numpy(), seen.points.numpy(), torch.sigmoid(seen.logits).numpy())
            for one in palm.merge(found, MISTAKEN)[:2]:
                middle = (one.box_px[:2] + one.box_px[2:]) / 2 * edge * scale + offset + [part.left, part.top]
                reach = max(2 * float(one.box_px[2] - one.box_px[0]) * edge * scale, 24.0)
                low, high = np.maximum(middle - reach, 0).astype(int), (middle + reach).astype(int)
                piece = color[low[1] : high[1], low[0] : high[0]]
                if min(piece.shape[:2]) >= 24:
                    out.append(np.ascontiguousarray(piece))
    return out


def _has_boxes(folder: Path) -> bool:
    return (folder / "boxes.json").is_file() or any(folder.rglob("labels/*.txt"))


def _read_by_eye(folder: Path) -> list[PalmPicture]:
    """Read ``palms.json``: by picture, hands with ``box`` and where known ``wrist`` and ``middle`` (its knuckle)."""
    out = []
    for name, rows in json.loads((folder / "palms.json").read_text("utf-8")).items():
        color = cv2.imread(str(folder / name), cv2.IMREAD_COLOR_RGB)
        if color is None:
            raise HandcamError(f"{folder / name} of {folder / 'palms.json'} is no picture.")
        boxes, points = np.zeros((len(rows), 4)), np.full((len(rows), POINTS, 2), np.nan)
        for i, row in enumerate(rows):
            x, y, width, height = row["box"]
            boxes[i] = x, y, x + width, y + height
            if "wrist" in row:
                points[i, palm.WRIST], points[i, palm.MIDDLE] = row["wrist"], row["middle"]
        out.append(PalmPicture(color, boxes - 0.5, points))
    return out


def _small(path: Path) -> np.ndarray:
    color = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    if color is None:
        raise HandcamError(f"{path} is no picture.")
    scale = min(1.0, 512 / min(color.shape[:2]))
    return cv2.resize(color, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def drawer(source: SceneSource, settings: FinderSettings) -> Callable[[int], Sequence[Task]]:
    """Rounds of pictures as a function of the step."""

    def draw(step: int) -> Sequence[Task]:
        rng = np.random.default_rng((settings.seed, step))
        scenes = [compose(rng, source, settings.edge_px) for _ in range(settings.batch)]
        parts = [torch.from_numpy(np.stack([scene.color for scene in scenes]))]
        for name, shape in _FIELDS.items():
            rows = np.full((len(scenes), *shape), np.nan, np.float32)
            for i, scene in enumerate(scenes):
                given = getattr(scene, name)[:MOST]
                rows[i, : len(given)] = given
            parts.append(torch.from_numpy(rows))
        return [Task("palms", tuple(parts))]

    return draw


def train(settings: FinderSettings, validate: Callable[[nn.Module], dict[str, float]] | None = None) -> Path:
    """Train, or go on with what is in ``out``; returns the checkpoint."""
    fabric = start_fabric(settings)
    settings.out.mkdir(parents=True, exist_ok=True)
    net = trained_detector(settings.start) if settings.start is not None else read_palm_detector()
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    source = read_pictures(settings)
    if settings.mine:
        source.empty = [*source.empty, *mistaken(net, source.empty, settings.edge_px)]
    return run(fabric, settings, PalmObjective(net), net, drawer(source, settings), validate=validate)


def build(settings: FinderSettings) -> Path:
    """Train, and write ``out/finder.safetensors`` with card and graph; returns it."""
    from handcam.lab.release.detector import release

    net = trained_detector(train(settings))
    data = ["start: palm_detection_full of mediapipe 0.10.21 (Apache-2.0; its authors' own data)"]
    data += [_source(Path(text.partition("=")[0])) for text in settings.pictures]
    data += [f"{_source(folder)}, without hands" for folder in settings.empty]
    return release(net, settings.edge_px, settings.out, "finder", data, "Apache-2.0", "handcam train finder")


def _source(folder: Path) -> str:
    """Name of a folder of pictures, and its licence as its SOURCE.txt states it."""
    said = folder / "SOURCE.txt"
    lines = said.read_text("utf-8").splitlines() if said.is_file() else []
    licence = next((line.partition(":")[2].strip() for line in lines if line.lower().startswith("licence")), "")
    return f"{folder.name} ({licence[:120] or 'licence not stated'})"


def trained_detector(path: Path) -> Palm:
    """The net of a checkpoint, or of a detector's released weights, in evaluation mode."""
    net = Palm()
    if path.suffix == ".pt":
        net.load_state_dict(averaged_weights(path))
    else:
        from handcam.model.vae import load

        detector = load(path)[0].detector
        assert detector is not None
        net.load_state_dict(detector.state_dict())
    return net.eval()
