import pytest

pytest.register_assert_rewrite("pack.testing")
