"""Replays as items of the learning library, and their files."""
