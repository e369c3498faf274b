"""The configuration of one repository: read as text, and what git is given in its place.

Start with `own_config`; `config_file` reads the usual file without a git, and `usual` tells a
repository about which git need not be asked.
"""
