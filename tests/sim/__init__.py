"""Many peers of a group in one process, driven by one seeded scheduler."""
