"""The formats of a dump."""
