"""What must not leave the memory in a text that goes to others. Begin with `leaks`."""
