"""Commands that begin a memory and connect programs and services to it.

Each parses, asks the core or the wiring once and shows the answer. Start with `init`.
"""
