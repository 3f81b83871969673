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
from handcam.lab.data.sets import decode_picture
from handcam.lab.data.shards import read_shards
from handcam.lab.data.tables import InMemoryDataset
from handcam.model.features import Features
from handcam.model.nets.hand_landmark import INPUT_PX, HandLandmark
from handcam.paths import atomic_file
from handcam.synth.shards import SHARD, read_shard, write_samples
from handcam.types import Frame, HandcamError, HandCrop, Intrinsics

__all__ = ["find", "make", "open"]

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
    for number in range(-(-len(crops) // SHARD)):
        part = crops[number * SHARD : (number + 1) * SHARD]
        write_samples(out, number, ([("rgb.jpg", data), ("json", b"{}")] for data in part))
    with atomic_file(out / "seen.npz") as file:  # the folder is whole once this is there
        np.savez(file, features=np.stack(rows), name=np.array(names))


def open(rest: str, seed: int = 0) -> InMemoryDataset:
    """The pictures of a folder that :func:`make` wrote: features, and the crops as ``target.rgb``.

    Raises:
        HandcamError: there is none.
    """
    path = Path(rest) / "seen.npz"
    if not path.is_file():
        raise HandcamError(f"{path} is missing; handcam train weights --out OUT --real PICTURES makes OUT/real.")
    (rows,) = read_shards([path])
    tars = sorted(path.parent.glob("*.tar"))  # older folders have none
    crops = [decode_picture(files["rgb.jpg"])[..., ::-1] for tar in tars for _, _, files in read_shard(tar)]
    return InMemoryDataset({"target.rgb": np.stack(crops)} if crops else {}, {"rgb": rows["features"]}, seed, salt=11)
