"""The estimator, in the order in which a frame meets it.

``search`` finds hands that are not tracked yet; ``observation`` cuts crops (:mod:`handcam.crop`), prepares their depth
(``depth_crop``) and has a runtime encode them; ``pose`` fuses the posteriors, decodes, locates the root, and with depth
asks the depth joint net (``depth_volume``) and fits the hand to the readings (``depth_fit``); ``track`` remembers each
hand from frame to frame; ``tracker`` is the loop around them.
"""
