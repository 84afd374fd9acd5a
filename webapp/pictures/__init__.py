"""Picture files: any file opened as one upright RGB image, its thumbnails, regions of it."""
