"""Pure decisions over measurements: speakers, presence, layers."""
