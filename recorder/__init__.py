"""Reads journals, writes archives: from RTP on disk to a replay that plays seconds after the end."""
