"""A memory in an ordinary git repository with a working tree: the default.

Implements `pack.connector.Connector`. It must not know another connector. Start with `connector`,
then `write`, which has the order of a write and why.
"""
