"""Commands about copies: the git remote, the sync targets, the pages of Notion.

Each parses, asks the core once and shows the answer. Start with `sync`.
"""
