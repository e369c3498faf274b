import pytest

pytest.register_assert_rewrite("pack.testing", "pack.testing_targets")
