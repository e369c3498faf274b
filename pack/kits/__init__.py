"""Kits: sets of memory that somebody else keeps, installed here and updated without taking edits.

What upstream shipped is kept as commits beside the branch (`bases`), so that three versions of
each file are always at hand: the one that was installed, the one here, and a newer one. States are
computed from them (`states`) and never stored. Begin with `kits`. Nothing here reads a folder, a
repository or an archive; a `KitSource` does (`shipment`).
"""
