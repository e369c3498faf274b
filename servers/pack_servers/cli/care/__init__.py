"""Commands that look after a memory: its state, its health, its clean-up.

Each parses, asks the core once and shows the answer. Start with `status`.
"""
