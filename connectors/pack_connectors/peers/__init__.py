"""What meets other peers: keys, signatures, and the ways to them."""
