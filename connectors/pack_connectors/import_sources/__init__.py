"""Reads the exports of other tools: opens what holds them safely, finds out whose they are.

A reader knows one format and nothing about memories. Start with `source`, then `recognising`.
"""
