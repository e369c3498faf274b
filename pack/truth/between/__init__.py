"""What somebody may put between the lines of the person.

New text is set apart from them, and they are still shown as before with it.
"""
