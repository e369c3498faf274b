"""Storage backends and sync adapters, one module each."""
