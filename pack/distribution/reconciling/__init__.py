"""What becomes of a downstream's files: the new text of upstream beside what people changed there.

Three versions of each file decide, and the merge is the memory's own (`pack.merge.file`). It must
not know how a pull request is made. Start with `reconciling`.
"""
