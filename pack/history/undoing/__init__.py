"""Taking back what was written and bringing back what was, always in new commits.

They must not know who is asking, or how an answer is presented. Start with `undo`; `inverse` says
what undoing one commit changes, and `stack` which commits are undone.
"""
