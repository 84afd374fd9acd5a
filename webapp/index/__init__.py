"""Everything a search reads: codes of all items as mapped files, engines, facets, generations."""
