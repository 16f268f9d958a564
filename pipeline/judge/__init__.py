"""A table judged by gold files, and two tables compared."""
