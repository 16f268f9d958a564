"""Long searches for faults, run by hand for as long as one likes. Nothing imports them."""
