import pytest
import torch

from handcam.lab.data.mediapipe_weights import read_landmark_network
from handcam.lab.release.check_crops import drawn_crops
from handcam.lab.release.quantisation import FLOAT_CONVOLUTIONS, STEPS, equalise, round_adaptively
from handcam.model.nets.hand_landmark import HandLandmark


@pytest.fixture(scope="module")
def pictures() -> torch.Tensor:
    return torch.from_numpy(drawn_crops(6, 224, 5).rgb).permute(0, 3, 1, 2).float() / 255


@pytest.fixture
def eye() -> HandLandmark:
    return read_landmark_network().eval()


@torch.no_grad()
def keypoints(eye: HandLandmark, pictures: torch.Tensor) -> torch.Tensor:
    return eye(pictures).keypoints * 112


def test_even_ranges_leave_the_network_as_it_was_on_what_it_was_evened_for(eye, pictures) -> None:
    before = keypoints(eye, pictures)
    weights = eye.trunk[1].conv.weight.detach().clone()
    equalise(eye, pictures)
    assert float((keypoints(eye, pictures) - before).norm(dim=-1).mean()) < 0.01
    assert not torch.equal(eye.trunk[1].conv.weight, weights)


def test_weights_come_to_lie_on_the_grid_and_do_less_harm_than_rounding_to_nearest(eye, pictures) -> None:
    equalise(eye, pictures)
    before = keypoints(eye, pictures)
    nearest = HandLandmark()
    nearest.load_state_dict(eye.state_dict())
    with torch.no_grad():
        for conv in _convolutions(nearest):
            scale = conv.weight.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12) / STEPS
            conv.weight.copy_((conv.weight / scale).round() * scale)
    round_adaptively(eye, pictures)
    for conv in _convolutions(eye):
        scale = conv.weight.detach().abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12) / STEPS
        whole = conv.weight.detach() / scale
        assert float((whole - whole.round()).abs().max()) < 1e-2
    harm = float((keypoints(eye, pictures) - before).norm(dim=-1).mean())
    assert harm < 0.6 * float((keypoints(nearest, pictures) - before).norm(dim=-1).mean())


def _convolutions(eye: HandLandmark) -> list[torch.nn.Conv2d]:
    return [module for module in eye.trunk.modules() if isinstance(module, torch.nn.Conv2d)][:-FLOAT_CONVOLUTIONS]
