"""Tests from the outside: real files, real database, real servers, real browser."""
