"""The blocks of a Notion page: made from markdown, and sent and read as the API's JSON.

Pure: no request is made here. Start with `model`, then `parse`.
"""
