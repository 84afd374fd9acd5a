"""Explanations: which bits and which parts of the photos made a match, how other kinds rank."""
