"""Storage backends and sync targets. Each room talks to one service and knows no other.

They implement the protocols `pack.connector.Connector` and `pack.sync.target`, which say what each
owes. They must not decide what happens to memory. Start with `in_memory`, the reference connector.
"""
