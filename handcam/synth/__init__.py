"""Rendered hands: poses, shapes, skin, light and sensor noise make pictures and depth with labels."""
