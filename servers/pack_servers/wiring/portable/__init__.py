"""The memory on its way to other tools and from them, as files on this machine.

What is in an export, and what becomes of an import, is decided in the core; here it becomes a file,
an archive or a folder, and folders and exports of others are opened.
"""
