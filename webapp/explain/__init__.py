"""Explanations: why an item matched, in which parts, beside other kinds."""
