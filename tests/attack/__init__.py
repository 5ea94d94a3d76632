"""Attacks on a live node, each a table of bad inputs, beside a call that must not notice."""
