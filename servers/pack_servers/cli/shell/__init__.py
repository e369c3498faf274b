"""What all commands share: options, streams, output, exit statuses, the editor.

It must not know a command. Start with `exit`, then `output`.
"""
