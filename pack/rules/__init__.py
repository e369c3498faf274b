"""What the person's git says about paths: which it ignores, and which it stores in another form.

The rules are git's, read from the files that git reads, but git is not asked: a memory on GitHub
has none, and no rule may start a program or wait for one. Knows no store. Start with `exclusion`.
"""
