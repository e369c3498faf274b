"""The commands that look back at the memory, and those that take changes back."""
