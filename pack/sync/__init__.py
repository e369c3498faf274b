"""Copies of the memory in other places: every target is brought to the current commit.

Delivery is at least once and in order. This room must not know any service: a target is a protocol
(`target`), and a connector talks to the service. Start with `engine`.
"""
