"""`pack distribute add` and `remove`."""

from __future__ import annotations

from pack.distribution.running.adding import AddedRule, NewRule
from pack.errors import InvalidRequest
from pack_servers.cli.distribution.bringing import end_of
from pack_servers.cli.distribution.call import DistributeCall
from pack_servers.cli.distribution.distribution_text import result_fields, show_result
from pack_servers.cli.shell.output import show, show_json
from pack_servers.cli.shell.streams import say


def add(call: DistributeCall) -> None:
    """Begin with a downstream: its rule, its first sync, and then what it is to be."""
    typed = call.new
    if not typed.repo or not typed.source:
        raise InvalidRequest("this needs --repo and --source")
    new = NewRule(
        call.one_rule(),
        typed.repo,
        typed.source,
        typed.path,
        typed.strategy,
        typed.frequency,
        typed.include,
        typed.exclude,
    )
    done = call.distribution.add(call.ends, new, dry_run=call.dry_run)
    if call.is_json:
        result = result_fields(done.result) if done.result is not None else None
        show_json({"rule": new.id, "path": done.path, "result": result, "commit": done.commit})
    else:
        _show_added(done, new.id)
    if done.result is not None:
        end_of([done.result])


def _show_added(done: AddedRule, rule_id: str) -> None:
    show(done.path)
    if done.result is None:
        say("dry run: nothing was changed")
        return
    show_result(done.result, planned=False)
    if done.result.is_bad:
        say("the rule only runs by hand until its first sync is offered; add it once more then,")
        say(f"or, to correct --repo or --source, after `pack distribute remove {rule_id}`")


def remove(call: DistributeCall) -> None:
    """End with a downstream; its files stay."""
    done = call.distribution.remove(call.ends, call.one_rule(), dry_run=call.dry_run)
    if call.is_json:
        fields = {"rule": done.rule, "repo": done.repo, "path": done.path, "commit": done.commit}
        show_json({**fields, "notes": list(done.notes)})
        return
    show(f"{done.rule}  {done.path}")
    say(f"{done.repo} keeps what it has, and gets nothing more")
    for note in done.notes:
        say(f"  {note}")
