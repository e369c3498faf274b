"""Plans how the notes that a person already has become files of a memory.

Decides which note becomes which file, and says why a note cannot. It must not read the disk; the
wiring does that. Start with `notes`.
"""
