"""The JSON API: its calls, what they answer, and their description."""
