"""The database as a set of named operations."""
