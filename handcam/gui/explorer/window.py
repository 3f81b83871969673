"""Window without a camera: the pages of the latent space alone."""

from pathlib import Path

from handcam.gui.actions import WITHOUT_CAMERA
from handcam.gui.page_window import PageWindow
from handcam.gui.pages import PageTabs
from handcam.gui.status.messages import message_for
from handcam.gui.style.language import tr
from handcam.live import Live
from handcam.model.weights import WeightsCard

__all__ = ["ExplorerWindow"]


class ExplorerWindow(PageWindow):
    """Explorer, Map and what other pages there are; the pipeline only decodes."""

    def __init__(self, live: Live, card: WeightsCard | None = None, weights: Path | None = None) -> None:
        super().__init__(live, card, weights, WITHOUT_CAMERA, without_camera=True)
        self.setWindowTitle(tr("handcam: the latent space"))
        self.lay_out(PageTabs(self.context))

    def show_status(self, now_s: float) -> None:
        status = self.live.status()
        self.status_line.show_model(status)
        message = message_for(status, False, False, camera=False)
        self.card.show_message(message, [self.actions_[name] for name in message.actions])
