"""Truth levels: how far each line of a note is trusted, and what follows for those who write.

A level is derived from history and never stored in the text. The rooms below know levels as values
only (`pack.core.truths`); this one knows how they come about. It must not know who asks or how an
answer is shown. Start with `lines`.
"""
