"""Settings as text: what is added, changed and taken out, with every other byte left as it is.

Nothing here knows a client, a server or a file. Start with `texts`, which checks each edit; the
others are about one syntax each, but for `commas` and `steps`.
"""
