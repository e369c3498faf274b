"""Kits that this machine gives to other peers of its group: which, to whom, and in what form.

Who may have what is the word of the person at this machine (`offers`), and is kept where nothing
that comes from another machine is ever written. Begin with `offer`. Nothing here knows what a peer
is: it has an id, and whoever asks has shown that it is theirs.
"""
