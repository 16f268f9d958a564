"""How files are published: whole or not at all."""
