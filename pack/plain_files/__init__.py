"""The memory as a folder of plain files, for callers that know nothing else.

Such a caller gives any file any name, edits text by lines and exact quotations, and never learns of
frontmatter, of shas or of the index. Each of its changes is one commit. Start with `plain_files`;
`names` has the table of which name is which path. Who asks, and how an answer is worded, is not
known here.
"""
