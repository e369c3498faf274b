"""The blocks of a Notion page: made from markdown, sent as JSON or as Notion's own markdown.

Pure: no request is made here. Start with `model`, then `parse`.
"""
