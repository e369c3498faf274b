"""Copies of the memory elsewhere: each target brought up to the current commit, at least once.

It must not know a service: a target is a protocol (`target`), and its connector talks to the
service. Start with `engine`.
"""
