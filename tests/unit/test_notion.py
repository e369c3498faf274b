from __future__ import annotations
from pack_connectors.notion import NotionPage
from tests.standins.notion import NotionStandIn
def test_x():
    notion=NotionStandIn()
    t=NotionPage(notion.api(), notion.page.id)
    d=t.deliver("# A\n\nhello **b** [x](https://x.y/z_(a)) `c*d`\n\n- [ ] t\n- a\n  - b\n    - c\n      - d\n\n| a | b |\n|--|--|\n| 1 | *x*<br>z |\n\n```py\na=1\n\nb\n```\n","k","")
    print(d); print(notion.state.text(notion.page)); print([e.operation for e in notion.log])
    d=t.deliver("# A\n\nhello **b** [x](https://x.y/z_(a)) `c*d`\n\n- [ ] t\n- a\n  - b\n    - c\n      - d\n\n| a | b |\n|--|--|\n| 1 | *x*<br>z |\n\n```py\na=1\n\nb\n```\nnew\n","k",d.memo)
    print(d); print(notion.state.text(notion.page)); print([e.operation for e in notion.log], notion.state.blocks_made)
    d=t.deliver("# A\n\nhello **b** [x](https://x.y/z_(a)) `c*d`\n\n- [ ] t\n- a\n  - b\n    - c\n      - d\n\n| a | b |\n|--|--|\n| 1 | *x*<br>z |\n\n```py\na=1\n\nb\n```\nnew\n","k",d.memo)
    print(d); print([e.operation for e in notion.log], notion.state.blocks_made)
    notion.service.has_markdown=False
    d=t.deliver("# A\n\nhello\n\n- [ ] t\n- a\n  - b\n    - c\n      - d\n\n| a | b |\n|--|--|\n| 1 | *x*<br>z |\n\n```py\na=1\n\nb\n```\nnew\n","k","")
    print(d); print([e.operation for e in notion.log], notion.state.blocks_made)
    print(notion.shown())
    notion.check()
    assert 0
