"""Commands that create a memory and connect programs and services to it.

Each parses its arguments, asks the core or the wiring once and shows the answer. Start with `init`.
"""
