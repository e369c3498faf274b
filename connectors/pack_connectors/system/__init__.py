"""What connectors need of the operating system: durable files, locks, addresses, memory.

Nothing here knows what a memory is. Start with `durable_files`.
"""
