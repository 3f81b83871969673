"""Features and crops of real pictures without labels, for ``rgb>keypoints2d`` and ``rgb>rgb`` (section 4.6).

``unlabelled:FOLDER`` holds one ``seen.npz`` made by :func:`make`, and the crops themselves in tar files, which
``crops:FOLDER`` reads too. The keypoints that the landmark network itself finds are the target: real pictures can teach
them without anybody's labels, and they tie the features of real pictures to poses whose projection fits them.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

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
from handcam.types import Frame, HandBox, HandcamError, Intrinsics

__all__ = ["make", "open"]

CROP_PX = 128
"""Edge of the crops that are kept."""
LEAST_PRESENCE = 0.8
"""Hands of which the network is less sure are left out."""
SUFFIXES = (".jpg", ".jpeg", ".png")


def make(pictures: Path, out: Path, backbone: HandLandmark, detector: Detector) -> Iterator[int]:
    """Keep features and crop of the hand in every picture below ``pictures``, once; yields the pictures done so far."""
    if (out / "seen.npz").is_file():
        return
    rows, names, crops = [], [], []
    for done, path in enumerate(sorted(p for p in pictures.rglob("*") if p.suffix.lower() in SUFFIXES), 1):
        picture = cv2.imread(str(path))
        if picture is None:
            continue
        if max(picture.shape) > 1000:
            picture = cv2.resize(picture, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
        color = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        frame = Frame(0, 0, Intrinsics.from_fov(color.shape[1], color.shape[0], np.pi / 4), color)
        for box in detector.find(frame, 1):
            _, _, around = _features_of(frame, box, backbone)
            crop, features, _ = _features_of(frame, around, backbone)
            if float(features.presence) < LEAST_PRESENCE:
                continue
            rows.append(features.pack()[0].numpy().astype(np.float16))
            names.append(str(path.relative_to(pictures)))
            small = cv2.resize(crop, (CROP_PX, CROP_PX), interpolation=cv2.INTER_AREA)
            crops.append(cv2.imencode(".jpg", small[..., ::-1])[1].tobytes())
            yield done
    for number in range(-(-len(crops) // SHARD)):
        part = crops[number * SHARD : (number + 1) * SHARD]
        write_samples(out, number, ([("rgb.jpg", data), ("json", b"{}")] for data in part))
    with atomic_file(out / "seen.npz") as file:  # the folder is whole once this is there
        np.savez(file, features=np.stack(rows), name=np.array(names))


@torch.inference_mode()
def _features_of(
    frame: Frame, box: HandBox, backbone: HandLandmark
) -> tuple[UInt8[np.ndarray, "s s 3"], Features, HandBox]:
    """A crop and its features, and the box around the joints that were found in it."""
    crop = cut(frame, box, INPUT_PX)
    assert crop.color is not None
    image = torch.from_numpy(crop.color)[None].permute(0, 3, 1, 2).float() / 255
    features = backbone(image, torch.tensor([crop.intrinsics.half_tan]))
    found = pixels_from_normalised(features.keypoints[0].numpy(), INPUT_PX)
    return crop.color, features, box_around(image_from_crop_points(found, crop), box.side)


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
