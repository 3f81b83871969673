"""Print a table of pinch distances from a video: python examples/pinch_distances.py clip.mp4"""

import sys

from handcam import track_file

print("time_s,side,pinch_mm,sigma_mm,filled")
for result in track_file(sys.argv[1]):
    for hand in result.hands:
        said = hand.to_dict()
        sigma_mm = 1000 * (hand.pose.sigma_m[4] ** 2 + hand.pose.sigma_m[8] ** 2) ** 0.5
        pinch_mm, filled = 1000 * said["pinch_m"], int(hand.filled)
        print(f"{result.frame.time_ns / 1e9:.3f},{said['side']},{pinch_mm:.1f},{sigma_mm:.1f},{filled}")
