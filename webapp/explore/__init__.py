"""The catalogue as a whole: its groups of near-duplicates and its map."""
