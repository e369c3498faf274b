"""Questions for a place, and texts that name one."""
