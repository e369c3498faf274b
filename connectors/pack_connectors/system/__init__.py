"""What connectors have in common below their services: durable files, locks, addresses, retries.

Nothing here knows what a memory is. Start with `durable_files`, or with `retry` for a service.
"""
