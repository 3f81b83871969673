"""Settings that are kept, and dialogs for them."""
