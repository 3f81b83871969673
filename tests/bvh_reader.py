"""A small BVH reader with its own forward kinematics, written from the format's description alone."""

import numpy as np


def read_bvh(path) -> tuple[dict[str, np.ndarray], np.ndarray, float]:
    """World positions of every joint (frames 3), the rows as they stand, and the frame time."""
    words = path.read_text().split()
    at = words.index("HIERARCHY") + 1
    stack, joints, current = [], [], None
    while words[at] != "MOTION":
        word = words[at]
        if word in ("ROOT", "JOINT"):
            current = {"name": words[at + 1], "parent": stack[-1] if stack else None, "channels": []}
            joints.append(current)
            at += 2
        elif word == "End":
            current = {"name": f"{stack[-1]['name']}_end", "parent": stack[-1], "channels": []}
            joints.append(current)
            at += 2
        elif word == "{":
            stack.append(current)
            at += 1
        elif word == "}":
            stack.pop()
            at += 1
        elif word == "OFFSET":
            current["offset"] = np.array([float(w) for w in words[at + 1 : at + 4]])
            at += 4
        elif word == "CHANNELS":
            count = int(words[at + 1])
            current["channels"] = words[at + 2 : at + 2 + count]
            at += 2 + count
        else:
            raise ValueError(f"what is {word!r}?")
    assert words[at + 1] == "Frames:"
    n = int(words[at + 2])
    assert words[at + 3 : at + 5] == ["Frame", "Time:"]
    frame_time = float(words[at + 5])
    rows = np.array([float(w) for w in words[at + 6 :]]).reshape(n, -1)
    column, world, places = 0, {}, {}
    for joint in joints:
        local = np.tile(np.eye(4), (n, 1, 1))
        local[:, :3, 3] = joint["offset"]
        for channel in joint["channels"]:
            values = rows[:, column]
            column += 1
            axis = "XYZ".index(channel[0])
            if channel.endswith("position"):
                local[:, axis, 3] = values  # a position channel stands in for the offset
            else:
                c, s = np.cos(np.radians(values)), np.sin(np.radians(values))
                i, j = (axis + 1) % 3, (axis + 2) % 3
                turn = np.tile(np.eye(4), (n, 1, 1))
                turn[:, i, i], turn[:, i, j], turn[:, j, i], turn[:, j, j] = c, -s, s, c
                local = local @ turn
        parent = joint["parent"]
        world[joint["name"]] = local if parent is None else world[parent["name"]] @ local
        places[joint["name"]] = world[joint["name"]][:, :3, 3]
    assert column == rows.shape[1]
    return places, rows, frame_time
