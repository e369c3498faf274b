"""How far each line of a memory is trusted, and what follows from it."""
