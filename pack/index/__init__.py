"""The text of `index.md`: how it is written, read and recognised.

It must not know where rows come from (the catalog) or when the index changes (`pack.core`). Start
with `format`.
"""
