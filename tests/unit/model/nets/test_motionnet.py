"""One step of the motion prior's net."""

from math import prod

import numpy as np
import pytest
import torch

from handcam.filters import motion
from handcam.hand.kinematics import MOTION_STATE
from handcam.hand.skeleton import ROOT
from handcam.model.nets.motionnet import INPUTS, STATE, MotionNet


def test_untrained_it_is_an_alpha_beta_filter() -> None:
    net, joints = MotionNet(), np.random.default_rng(0).normal(size=(21, 3)).astype(np.float32)
    joints -= joints[ROOT]
    state = np.zeros(MOTION_STATE, np.float32)
    state[:63], state[63:66] = joints.ravel(), [0.0, 0.0, 3.0]
    seen, later = joints + np.array([0.2, 0.0, 3.0]), joints * 1.5 + np.array([0.0, 0.0, 3.0])
    for moved, root in ((seen, 0.1), (later, 0.0)):
        given = (state, moved, np.full(21, 0.1), np.array([2.0, 1.0, 0.0]))
        answer = net(*(torch.from_numpy(np.asarray(x, np.float32)[None]) for x in given))[0][0].detach().numpy()
        assert answer[63] == pytest.approx(root, abs=1e-6), "half of the innovation"
        velocity = answer[66:132].reshape(22, 3)
        share = 1 / (1 + np.exp(3.0))  # of the innovation in two thirtieths of a second
        assert velocity[21, 0] == pytest.approx(share * 2 * root / 2, abs=1e-6)
        wider = 1.0 if root else 1.25
        assert np.allclose(answer[MOTION_STATE : MOTION_STATE + 63].reshape(21, 3), wider * joints, atol=1e-5)


def test_the_sizes_that_the_filter_knows_are_the_net_s() -> None:
    assert prod(INPUTS["state"]) == MOTION_STATE == sum(prod(shape) for shape in STATE.values())
    assert sum(prod(STATE[name]) for name in ("joints", "root", "velocity")) == motion.LENGTHS
