"""Parts of a memory, kept in step in other repositories: one way, by pull request.

Decides what a downstream gets from a release of the memory, whether it may go, and what becomes of
what people changed there. It must not know how a repository or a host is reached; that is behind
`ports`. Start with `values`.
"""
