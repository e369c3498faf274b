"""Administration of the mesh over HTTP, `/api/v1/sync`: what `pack mesh` does, for programs.

Only the person whose machine it is gets in, from this machine (`pack_servers.http.access`). Begin
with `endpoints`.
"""
