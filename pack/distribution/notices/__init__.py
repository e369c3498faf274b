"""What people read of a distribution: pull requests, decisions, alerts, drafts of issues.

Decides words and form alone. It must not decide what happens to a repository, and no text of
others acts in what it writes. Start with `pull_request`.
"""
