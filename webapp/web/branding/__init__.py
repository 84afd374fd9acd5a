"""What makes the pages a shop's own: its name, mark, colour and words."""
