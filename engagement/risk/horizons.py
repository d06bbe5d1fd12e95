"""What is told of somebody: that they do nothing in so many coming days."""

from collections.abc import Mapping

HORIZONS: Mapping[str, int] = {"risk": 14, "weekly": 7, "monthly": 30}
FORM = 1
"""Of the document in which a model is kept: one of another form is not read."""
