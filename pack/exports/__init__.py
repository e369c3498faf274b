"""The memory in the forms of other tools, and the way back.

Decides what stands in each form: one module for each, with what writes it and, for text, what reads
it again, so that an import of an export gives the same notes byte for byte. Nothing here touches a
disk; the wiring writes. Start with `exports`.
"""
