"""Measuring and drawing: evaluation, benchmarks, the demo catalogue."""
