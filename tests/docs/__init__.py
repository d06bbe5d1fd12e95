"""The pages outside the code: what they say is there, is there."""
