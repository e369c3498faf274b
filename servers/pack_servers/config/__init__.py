"""Settings: where they come from, what they mean, and which memory they name.

Nothing here opens a memory or a service. Start with `settings`, then `place`.
"""
