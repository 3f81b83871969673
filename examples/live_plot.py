"""Plot flexion live. Start first: handcam --stream udp:127.0.0.1:5052   (pip install matplotlib)"""

import json
import socket
import sys
from collections import deque

import matplotlib.pyplot as plt

ANGLES = ("index_mcp_flexion", "index_pip_flexion", "middle_pip_flexion", "thumb_ip_flexion")
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 5052))
receiver.settimeout(0.05)
times: deque[float] = deque(maxlen=300)
curves = {name: deque[float](maxlen=300) for name in ANGLES}
figure, axes = plt.subplots()
lines = {name: axes.plot([], [], label=name)[0] for name in ANGLES}
axes.set(xlabel="s", ylabel="degrees", ylim=(-20, 120))
axes.legend()
while plt.fignum_exists(figure.number):
    try:
        message = json.loads(receiver.recv(65536))
    except TimeoutError:
        plt.pause(0.01)
        continue
    for hand in message["hands"][:1]:
        times.append(message["time_ns"] / 1e9)
        for name in ANGLES:
            curves[name].append(hand["angles_deg"][name] or 0.0)
            lines[name].set_data(list(times), list(curves[name]))
    if times:
        axes.set_xlim(times[0], times[-1] + 0.1)
    plt.pause(0.001)
receiver.close()
