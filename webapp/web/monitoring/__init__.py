"""What tells whoever watches the server how it is."""
