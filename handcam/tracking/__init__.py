"""The estimator: search, crop, encode, fuse, locate, fit to depth and follow hands from frame to frame."""
