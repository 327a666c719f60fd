"""Measures what the documents claim: one command each, Markdown tables on standard output."""
