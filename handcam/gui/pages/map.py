"""The latent space in two dimensions, with the embeddings of every modality and the live hand among them."""

from handcam.gui.map.page import MapPage
from handcam.gui.pages import Desk
from handcam.model.embedding import read_atlas

__all__ = ["open"]


def open(desk: Desk) -> MapPage:
    """The page.

    Raises:
        WeightsError: these weights have no atlas.
    """
    return MapPage(desk, read_atlas(desk.weights))
