"""What the person decides about proposals, and about text that others wrote.

They must not know how a proposal is shown, or who is allowed to ask. Start with `proposals`;
`offers` carries a proposal over to today's text, `hunks` takes it apart.
"""
