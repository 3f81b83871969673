"""One file per command of ``handcam NAME``: each defines ``main``, whose annotated arguments are its options."""
