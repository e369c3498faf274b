"""Notes that a person already has, planned as files of a memory.

Pure planning: which note becomes which file, and why one cannot. It must not read a disk; the
wiring does. Start with `notes`.
"""
