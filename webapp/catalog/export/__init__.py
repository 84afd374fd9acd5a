"""The catalogue written out for another: `items`, `archive` write, `reading`, `lines` read."""
