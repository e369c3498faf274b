"""Who belongs to a group: keys, the signed chain of the group, and invitations.

Membership comes from the chain alone; nothing here knows where a peer is or what it has said.
Begin with `group_chain`.
"""
