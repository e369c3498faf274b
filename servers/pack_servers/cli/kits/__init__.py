"""Sets of memory that somebody else keeps: install, update, compare. Begin with `kit`."""
