"""The one place that picks connectors and targets, and puts a memory together.

It must not decide anything about content. Start with `place`, then `places` and `memory`.
"""
