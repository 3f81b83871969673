"""Real pictures without labels: what the landmark network sees in them, for ``rgb>keypoints2d`` and ``rgb>rgb`` (4.6).

``unlabelled:FOLDER`` holds one ``seen.npz`` made by :func:`make`, and the crops themselves in tar files, which
``crops:FOLDER`` reads too. The keypoints that the network itself finds are the
target: they are what real pictures can teach without anybody's labels, and they tie the features of real pictures to
poses whose projection fits them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from handcam.crop import box_around, cut, image_from_crop_points
from handcam.detectors import Detector
from handcam.geometry import pixels_from_normalised
from handcam.lab.data.sets.crops import decoded
from handcam.lab.data.tables import encoder_inputs
from handcam.model.features import Batch, Features, Input
from handcam.model.nets.hand_landmark import INPUT_PX, HandLandmark
from handcam.synth.shards import SHARD, read_shard, write_samples
from handcam.types import Frame, HandcamError, HandCrop, Intrinsics

__all__ = ["Unlabelled", "find", "make", "open"]

CROP_PX = 128
"""Edge of the crops that are kept."""
SUFFIXES = (".jpg", ".jpeg", ".png")


class Found(NamedTuple):
    """One hand that the detector found in a real picture."""

    done: int
    """Pictures looked at so far."""
    path: Path
    """The picture."""
    frame: Frame
    """What is in it."""
    crop: HandCrop
    """The second crop, which stands where the first saw the joints."""
    features: Features
    """Its features, a batch of one."""


def find(pictures: Path, backbone: HandLandmark, detector: Detector, least_presence: float = 0.8) -> Iterator[Found]:
    """Look at every picture below ``pictures``; those in which the network sees one hand."""
    paths = sorted(p for p in pictures.rglob("*") if p.suffix.lower() in SUFFIXES)
    for done, path in enumerate(paths, 1):
        picture = cv2.imread(str(path))
        if picture is None:
            continue
        if max(picture.shape) > 1000:
            picture = cv2.resize(picture, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
        color = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        frame = Frame(0, 0, Intrinsics.from_fov(color.shape[1], color.shape[0], np.pi / 4), color)
        for box in detector.find(frame, 1):
            for _ in range(2):
                crop = cut(frame, box, INPUT_PX)
                assert crop.color is not None
                half_tan = torch.tensor([crop.intrinsics.half_tan])
                with torch.inference_mode():
                    features = backbone(torch.from_numpy(crop.color)[None].permute(0, 3, 1, 2).float() / 255, half_tan)
                seen = pixels_from_normalised(features.keypoints[0].numpy(), INPUT_PX)
                box = box_around(image_from_crop_points(seen, crop), box.side)
            if float(features.presence) >= least_presence:
                yield Found(done, path, frame, crop, features)


def make(pictures: Path, out: Path, backbone: HandLandmark, detector: Detector) -> Iterator[int]:
    """Keep what is seen in every picture below ``pictures``, once; yields the number of pictures done."""
    if (out / "seen.npz").is_file():
        return
    rows, names, crops = [], [], []
    for found in find(pictures, backbone, detector):
        rows.append(found.features.pack()[0].numpy().astype(np.float16))
        names.append(str(found.path.relative_to(pictures)))
        assert found.crop.color is not None
        small = cv2.resize(found.crop.color, (CROP_PX, CROP_PX), interpolation=cv2.INTER_AREA)
        crops.append(cv2.imencode(".jpg", small[..., ::-1])[1].tobytes())
        yield found.done
    out.mkdir(parents=True, exist_ok=True)
    for number in range(-(-len(crops) // SHARD)):
        part = crops[number * SHARD : (number + 1) * SHARD]
        write_samples(out, number, ([("rgb.jpg", data), ("json", b"{}")] for data in part))
    np.savez(out / "seen.npz", features=np.stack(rows), name=np.array(names))


def open(rest: str, seed: int = 0) -> "Unlabelled":
    """The pictures of a folder that :func:`make` wrote.

    Raises:
        HandcamError: there is none.
    """
    path = Path(rest) / "seen.npz"
    if not path.is_file():
        raise HandcamError(f"{path} is missing; handcam train weights --out OUT --real PICTURES makes OUT/real.")
    with np.load(path) as file:
        packed = file["features" if "features" in file else "sight"]  # the name of version 0.1
    tars = sorted(path.parent.glob("*.tar"))  # older folders have none
    crops = [files["rgb.jpg"] for tar in tars for _, _, files in read_shard(tar)]
    return Unlabelled(packed, crops, seed)


class Unlabelled:
    """``batch(step, size)`` gives rgb (features; the crop is ``target.rgb``) and keypoints2d of the same pictures."""

    def __init__(self, packed: np.ndarray, crops: list[bytes], seed: int) -> None:
        self._packed, self._crops, self._seed = packed, crops, seed

    def __len__(self) -> int:
        return len(self._packed)

    def batch(self, step: int, size: int) -> Batch:
        return self.take(np.random.default_rng((self._seed, step, 11)).integers(0, len(self), size))

    def take(self, index: np.ndarray) -> Batch:
        """The pictures of these numbers."""
        pictures = [decoded(self._crops[i])[..., ::-1] for i in index] if self._crops else []
        painted: dict[str, Input] = {"target.rgb": torch.from_numpy(np.stack(pictures))} if pictures else {}
        return painted | encoder_inputs(Features.unpack(torch.from_numpy(self._packed[index])))
