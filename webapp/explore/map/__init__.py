"""The map of the catalogue: one mosaic of all photos, those that look alike close together."""
