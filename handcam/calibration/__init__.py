"""Measure cameras, how they stand to each other, and the user's hand; below the sources, which use what is measured.

``board`` is the ChArUco target, ``lens`` one camera's intrinsics and distortion, ``coverage`` which pictures of the
board are worth keeping, ``rig`` the file of one or several calibrated cameras, ``triangulation`` and ``bundle`` the
geometry of several views, ``hand_scale`` the length of a hand beside a card, a sheet of paper or the board.
"""
