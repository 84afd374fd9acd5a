"""Searches: a query, its nearest items by exact distance, their proof."""
