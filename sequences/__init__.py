"""The nurture controller and its delivery pipeline: claim, render, send, record."""
