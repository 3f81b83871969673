"""Print the index fingertip. Start first: handcam --stream udp:127.0.0.1:5052   (needs nothing but Python)"""

import json
import socket
import sys

INDEX_TIP = {"common21": 8, "mediapipe": 8, "freihand": 8, "mano": 17, "openxr26": 10}  # docs/conventions.md

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 5052))
before = None
while True:
    message = json.loads(receiver.recv(65536))
    lost = 0 if before is None else message["sequence"] - before - 1
    before = message["sequence"]
    for hand in message["hands"]:
        x, y, z = hand["joints_m"][
            INDEX_TIP[message["order"]]
        ]  # metres in front of the camera: x right, y down, z forward
        scale = "measured" if hand["metric"] else "assumed hand size"
        print(f"{hand['side']:5} x {x:+.3f} y {y:+.3f} z {z:.3f} m ({scale}), pinch {hand['pinch']:.2f}, lost {lost}")
    sys.stdout.flush()
