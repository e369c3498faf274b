import pytest

pytest.register_assert_rewrite("pack.testing.connector", "pack.testing.target")
