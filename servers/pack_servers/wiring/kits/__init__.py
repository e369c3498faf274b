"""Where kits come from and where drafts about them go: sources, indexes, signers, hosts.

Opens what a person names; what becomes of a kit is decided in `pack.kits`. Start with `sources`.
"""
