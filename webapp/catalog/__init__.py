"""The catalogue: items and their codes in a database, and how photos come in."""
