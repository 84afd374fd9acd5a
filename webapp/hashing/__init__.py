"""Perceptual hashes: the table of kinds, how each computes its codes, and codes as text."""
