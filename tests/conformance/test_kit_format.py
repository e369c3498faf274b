"""Every rule of the format of kits, as `CONFORMANCE.md` states it."""

import pytest

from pack.errors import PackError
from pack.kits.shipment import Shipment, unpack
from tests.conformance.kit_format import CASES, Verdict, page, page_file


@pytest.mark.contract("C15")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_a_kit_is_taken_as_the_page_says(case):
    shipment = Shipment("/up", None, None, case.files, "observer")
    if case.verdict is Verdict.REFUSED:
        with pytest.raises(PackError) as caught:
            unpack(shipment)
        assert case.named in str(caught.value)
        return
    kit = unpack(shipment)
    left_out = {one.path: one.reason for one in kit.left_out}
    if case.verdict is Verdict.LEFT_OUT:
        (reason,) = left_out.values()
        assert case.named in reason
    else:
        assert not left_out
        assert all(kit.files[path] == case.files[path].content for path in kit.files)
    if case.verdict is Verdict.WARNED:
        assert case.named in " ".join(kit.manifest.warnings)
    else:
        assert not kit.manifest.warnings
    if case.installed:
        assert set(kit.files) == set(case.installed)


def test_the_page_is_made_of_these_cases():
    assert page_file().read_text(encoding="utf-8") == page()
