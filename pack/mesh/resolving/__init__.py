"""Where the other peers of a group are: what a person says, what hubs list, what peers pass on.

Who belongs to the group is not asked here: that is in the group's own chain.
"""
