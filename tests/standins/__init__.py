"""Stand-ins for the services PACK talks to: real state, the vendor's rules, faults on demand.

`github.GithubStandIn` is the one for GitHub; see its docstring for how a test uses it.
"""
