"""The git remote of a local repository: the only commands of PACK that use the network.

What an exchange decides is the core's (`pack.remote`). Start with `remote`, then `transport`.
"""
