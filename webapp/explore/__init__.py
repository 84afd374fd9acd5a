"""The catalogue as a whole: groups of near-duplicates, and a map."""
