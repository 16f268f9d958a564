"""The library behind the command line: it never prints, never exits and never reads argv."""
