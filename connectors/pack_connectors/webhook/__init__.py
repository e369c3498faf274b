"""A webhook: an address that is sent every commit, signed as Standard Webhooks describes.

This room is given the bytes to send and must not know what they mean. Start with `target`.
"""
