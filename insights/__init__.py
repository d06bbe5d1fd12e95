"""Findings about the population, and alerts about single users."""
