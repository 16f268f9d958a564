"""Tokens → a vocabulary, with ids by order of first appearance; tokens → ids."""
