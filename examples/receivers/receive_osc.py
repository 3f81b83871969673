"""Print both wrists. Start first: handcam --stream osc:127.0.0.1:9000   (pip install python-osc)"""

import sys

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer


def joints(address, *xyz):  # 21 joints, or OpenXR's 26 that begin with the palm; each x y z in metres, camera frame
    x, y, z = xyz[:3] if len(xyz) == 63 else xyz[3:6]
    print(f"{address.split('/')[2]:5} wrist x {x:+.3f} y {y:+.3f} z {z:.3f} m", flush=True)


def tracked(address, there):
    if not there:
        print(f"{address.split('/')[2]:5} not in view", flush=True)


dispatcher = Dispatcher()
dispatcher.map("/handcam/*/joints", joints)
dispatcher.map("/handcam/*/tracked", tracked)
BlockingOSCUDPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000), dispatcher).serve_forever()
