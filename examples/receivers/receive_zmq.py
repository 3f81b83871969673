"""Print what the hands do. Start: handcam --stream zmq:5556   (pip install pyzmq)"""

import json
import sys

import zmq

subscriber = zmq.Context().socket(zmq.SUB)
subscriber.setsockopt(zmq.RCVHWM, 2)  # newest wins: a slow loop sees gaps, not the past
subscriber.connect(f"tcp://127.0.0.1:{sys.argv[1] if len(sys.argv) > 1 else 5556}")
subscriber.subscribe("hands")
while True:
    _topic, text = subscriber.recv_multipart()
    message = json.loads(text)
    for hand in message["hands"]:
        bend = hand["angles_deg"]["index_pip_flexion"]
        print(
            f"frame {message['frame']} {hand['side']:5} index bent {bend:5.1f} deg, grip {hand['grip']:.2f}", flush=True
        )
