"""A search: the query, its readings, its nearest items by exact distance, and their proof."""
