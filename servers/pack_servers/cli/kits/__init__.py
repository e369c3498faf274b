"""Sets of memory that somebody else keeps. Begin with `kit`."""
