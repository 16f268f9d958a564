"""Questions about a table: look words up, find neighbours, solve analogies."""
