"""A third way to store memories, a bare git repository: the proof that one needs no more."""
