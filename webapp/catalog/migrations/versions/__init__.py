"""One module for each layout of the tables. What was published is never changed again."""
