"""Look of the window: colours, font, icons, buttons and rows, and the drawn hand."""
