"""Commands about copies: the git remote, the sync targets, the pages in Notion.

Each parses its arguments, asks the core once and shows the answer. Start with `sync`.
"""
