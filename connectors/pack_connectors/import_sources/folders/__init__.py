"""Reads the folders, and the zips of folders, in which other tools keep markdown files.

Where a file is taken as it is, its path stays too, so that links between notes lead where they did.
Begin with `markdown_files`.
"""
