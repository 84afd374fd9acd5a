"""Pictures: any file opened as one upright RGB image, its small copies, regions of it."""
