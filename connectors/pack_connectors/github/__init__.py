"""A memory in a repository on GitHub, without a clone.

Implements `pack.connector.Connector` over the API. It must not know another connector. Start with
`connector`; `session` sends requests, `head` knows what is current, `commit/` writes.
"""
