"""The program: settings, command line, supervisor and the one public port; it composes, nothing imports it."""
