import pytest

from tests.standins.receiver import Receiver


@pytest.fixture
def receiver():
    with Receiver() as found:
        yield found
