"""The git remotes of a memory: what is known of each, and what an exchange does next.

Pure decisions from where both sides are. It must not run git; a connector does. Start with
`remote`, then `decision`.
"""
