"""Commands about notes: read, write, find.

Each parses its arguments, asks the core once and shows the answer. Start with `get`.
"""
