"""The catalogue: a database of items and their codes, read, written and filled from photos."""
