"""Parts of the Explorer page (:mod:`handcam.gui.pages.explorer`)."""
