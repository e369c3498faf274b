"""Settings: where they come from, what they mean, and which memory they name.

It must not open anything. Start with `settings`, then `place`.
"""
