"""Write the hands of a video as a skinned, animated glTF: python examples/clip_to_gltf.py clip.mp4 hands.glb"""

import sys
from pathlib import Path

from handcam import track_file
from handcam.session.export import convert

print(*convert(track_file(sys.argv[1]), "glb", Path(sys.argv[2]), overwrite=True), sep="\n")
