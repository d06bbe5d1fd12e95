"""How words leave: one file for each channel."""
