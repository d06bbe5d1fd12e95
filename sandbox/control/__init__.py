"""The JSON control API: be the people, read their mail, move the clock, break the providers.

`docs/sandbox.md` shows every route with an example. Tests outside this repository rely on it: it only grows.
"""
