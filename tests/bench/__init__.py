"""Speed and size of PACK beside git by hand and beside a server that does nothing: `make bench`.

Everything is measured in one run, in pairs that alternate, and reported as medians and ratios: the
load of the machine then weighs on both sides alike. Nothing here judges a time in the tests;
`tests/bench/test_bench.py` only keeps the harness working.
"""
