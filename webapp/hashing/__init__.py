"""Hashbag's own hash kinds: what a picture shows is found first, then hashed."""
