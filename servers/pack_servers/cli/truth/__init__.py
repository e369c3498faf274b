"""Commands for what others propose, and for how far a text is trusted.

Each parses its arguments, asks the core once and shows the answer. Start with `proposals`.
"""
