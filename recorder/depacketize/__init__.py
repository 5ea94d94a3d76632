"""One codec a module: RTP packets in, whole frames out."""
