"""What is for the person to say, no agent says."""

import pytest

from pack.errors import RefusedForSafety
from pack.kits.persons_word import refuse_machine
from pack.provenance import Origin, Source


@pytest.mark.parametrize("source", [Source.AI_LOCAL, Source.AI_LAN, Source.AI_CLOUD])
def test_an_agent_is_refused(source):
    with pytest.raises(RefusedForSafety, match="who gets it is for the person to say"):
        refuse_machine(Origin(source, "agent"), "who gets it")


@pytest.mark.parametrize("source", [Source.USER, Source.AUTOMATION])
def test_a_person_and_their_script_are_not(source):
    refuse_machine(Origin(source, "cli"), "who gets it")
