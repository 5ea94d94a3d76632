"""Policies: pure decisions of the media plane."""
