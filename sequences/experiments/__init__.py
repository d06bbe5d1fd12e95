"""Experiments: who gets which variant, and what may be concluded from what they did."""
