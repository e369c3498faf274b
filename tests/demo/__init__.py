"""The recorded terminal session of the README, made from the real product by `make demo`.

`story` has what is typed; `recording` runs it at a real terminal; `picture` draws the screen.
"""
