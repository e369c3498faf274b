"""Whether what was made may go downstream: five checks, and a verifier that makes it once more.

Decides what stops a pull request, and names file and line. It must not know how anything was made
or where it goes, and it never repeats what should not leave. Start with `checking`.
"""
