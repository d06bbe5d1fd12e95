"""The JSON API: one module per resource, each with its endpoints."""
