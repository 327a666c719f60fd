"""Hostile notifications and requests, made from a seed, in numbers."""
