"""Changes that wait for the person's decision: each is one commit beside the branch.

This room knows how they are kept, told apart and folded into one another. It must not know what is
protected, or who may decide. Begin with `shelf`.
"""
