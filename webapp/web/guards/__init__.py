"""Who may ask, for what, how often, and what browsers may do with the answer."""
