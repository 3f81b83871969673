"""Receive 21 joints and rotations over ZMQ as retargeting to robot hands takes them: wrist at the origin, its axes.

Start first: handcam --stream zmq:5556   (pip install pyzmq scipy)
"""

import json
import sys

import numpy as np
import zmq
from scipy.spatial.transform import Rotation

with zmq.Context() as context, context.socket(zmq.SUB) as subscriber:
    subscriber.setsockopt(zmq.RCVHWM, 2)  # newest wins
    subscriber.connect(f"tcp://127.0.0.1:{sys.argv[1] if len(sys.argv) > 1 else 5556}")
    subscriber.subscribe("hands")
    while True:
        message = json.loads(subscriber.recv_multipart()[1])
        for hand in message["hands"]:
            joints, turns = np.array(hand["joints_m"], float), np.array(hand["rotations"], float)
            if not np.isfinite(turns).all():
                continue
            wrist = Rotation.from_quat(turns[0])
            in_wrist = wrist.inv().apply(joints - joints[0])  # 21 x 3: x right, y out of the back, -z along the fingers
            relative = (wrist.inv() * Rotation.from_quat(turns)).as_quat()  # 21 x 4
            tip = np.round(in_wrist[8] / hand["hand_length_m"], 3)  # index fingertip: the same for hands of any size
            print(f"{hand['side']:5} index tip {tip} turned {np.round(relative[8], 3)}", flush=True)
