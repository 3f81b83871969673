"""Gestures that are taught by a few examples: poses that are held, and motions.

:class:`~handcam.gestures.taught.TaughtGestures` is the file of examples, :class:`~handcam.gestures.classifier.FewShot`
tells them apart and rejects what was not taught, and :class:`~handcam.gestures.recogniser.Recogniser` makes events of
the results of a tracker: start, hold, end (:class:`handcam.types.GestureEvent`).
"""
