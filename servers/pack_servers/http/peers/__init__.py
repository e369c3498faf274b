"""The endpoints for other peers of the group, `/sync/v1`.

Who calls, and whether the way is safe for what is sent, is found out here; what a peer may do is
decided in `pack.mesh`. No module here knows a store. Begin with `endpoints`; a new path is a row in
the `routes` of the module of its subject.
"""
