"""SDP as values: parse, answer, offer; sans-IO."""
