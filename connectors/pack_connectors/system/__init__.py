"""What connectors share below their services: durable files, locks, addresses, repeated requests.

Nothing here knows what a memory is. Start with `durable_files`, or `retry` for a service.
"""
