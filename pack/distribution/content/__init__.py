"""What a release becomes for a downstream: the files that a rule selects, as they go there.

A pure function of rule, release and variables: whoever has these three makes the same bytes. It
must not know what is downstream already. Start with `making`.
"""
