"""A kit comes into the memory for which a person has agreed to its source, and into no other."""

from pack_connectors.kit_sources.agreed_sources import AgreedSources


def test_what_was_agreed_to_holds_for_one_memory_and_one_address(tmp_path):
    file = tmp_path / "kits" / "sources.json"
    AgreedSources(file).add("notes", ["peer:laptop/handbook"])
    AgreedSources(file).add("notes", ["peer:laptop/other", "/kits"])
    before = file.read_bytes()
    agreed = AgreedSources(file)
    agreed.add("notes", ["peer:laptop/handbook"])
    assert file.read_bytes() == before
    assert agreed.of("notes") == {"peer:laptop/handbook", "peer:laptop/other", "/kits"}
    assert agreed.of("team") == set()
