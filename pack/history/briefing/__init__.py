"""The text that a session begins with: what the person marked, what is new, what the task needs.

It is chosen so that it fits, and says what it leaves out. It must not know how a client shows it.
Start with `context`.
"""
