"""What all commands share: options, streams, output, exit statuses, the editor.

It must not know any command. Start with `exit`, then `output`.
"""
