"""Media plane: rooms, transports and the native data plane; knows no HTTP, no protobuf, no database."""
