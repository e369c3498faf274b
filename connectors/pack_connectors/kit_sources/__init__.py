"""Kits in folders and archives on this machine; those in git are read by `local_git`.

This room decides nothing about a kit. Begin with `folder`.
"""
