"""Commands that look after a memory, and the guide.

Each parses its arguments, asks the core once and shows the answer. Start with `status`.
"""
