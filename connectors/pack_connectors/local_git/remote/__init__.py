"""The git remotes of a local repository: the only commands of PACK that use the network.

What an exchange decides is the core's (`pack.remote`). Start with `config`, which says what
remotes take part, then `remote` and `transport`.
"""
