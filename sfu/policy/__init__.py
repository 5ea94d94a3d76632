"""Pure decisions over measurements: speakers, presence, layers, dynacast, connection quality."""
