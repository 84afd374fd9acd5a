"""The map of the catalogue: every item in a cell of one mosaic, near those that look like it."""
