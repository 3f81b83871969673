"""Hands in Blender: open this in the Text Editor and run it. Start: handcam --stream udp:127.0.0.1:5052"""

import json
import socket

import bpy

receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 5052))
receiver.setblocking(False)


def joint(name):
    if name not in bpy.data.objects:
        empty = bpy.data.objects.new(name, None)
        empty.empty_display_type, empty.empty_display_size = "SPHERE", 0.008
        bpy.context.scene.collection.objects.link(empty)
    return bpy.data.objects[name]


def update():
    message = None
    try:
        while True:  # take all that waits, keep the newest
            message = json.loads(receiver.recv(65536))
    except BlockingIOError:
        pass
    for hand in message["hands"] if message else ():
        for number, (x, y, z) in enumerate(hand["joints_m"]):
            joint(f"{hand['side']}.{number:02d}").location = (x, z, -y)  # Blender: z up, y into the scene
    return 1 / 60  # seconds until Blender calls again


bpy.app.timers.register(update)
