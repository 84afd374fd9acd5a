"""Measuring and drawing: search quality, speed, and the drawn demo catalogue."""
