"""How `pack kit` answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pack.errors import PackError
from pack.kits.results import KitStatus, Preview, Updated
from pack.kits.updating import FileAction
from pack.model import MemoryPath
from pack_servers.cli.shell.output import counted, show
from pack_servers.cli.shell.streams import one_line, say


def installed_fields(
    done: Updated, preview: Preview, now: Sequence[KitStatus]
) -> dict[str, object]:
    """What was installed, and how its files stand; as they would, where it is not here yet."""
    kit = preview.kit
    states = {one.path: one.before for one in done.files if one.reason is None}
    left_out = {one.path: one.reason for one in done.files if one.reason is not None}
    for status in now:
        states = dict(status.files)
    return {
        "name": done.name,
        "version": done.after,
        "source": kit.shipment.source,
        "commit": done.commit,
        "files": [{"path": path, "state": state} for path, state in states.items()],
        **_left_out(left_out),
        **_waits(done),
    }


def updated_fields(done: Updated) -> dict[str, object]:
    """What was done to a kit."""
    return {
        "name": done.name,
        "from": done.before,
        "to": done.after,
        "commit": done.commit,
        "files": [
            {
                "path": one.path,
                "before": one.before,
                "action": one.action,
                "conflict_copy": one.conflict_copy,
                **({"reason": one.reason} if one.reason else {}),
            }
            for one in done.files
        ],
        **_waits(done),
    }


def problem_fields(name: str, error: PackError) -> dict[str, object]:
    """Why a kit could not be updated."""
    return {"name": name, "code": error.code, "message": str(error)}


def _left_out(reasons: Mapping[MemoryPath, str]) -> dict[str, object]:
    rows = [{"path": path, "reason": reason} for path, reason in reasons.items()]
    return {"left_out": rows} if rows else {}


def _waits(done: Updated) -> dict[str, object]:
    return {"status": "proposed", "proposal": done.waits} if done.waits else {}


def status_fields(found: Sequence[KitStatus]) -> dict[str, object]:
    """How kits stand."""
    return {
        "kits": [
            {
                "name": one.kit.name,
                "version": one.kit.version,
                "latest": one.latest,
                "state": one.state,
                "files": [{"path": path, "state": state} for path, state in one.files.items()],
                **_left_out(one.left_out),
                **({"problem": one.problem} if one.problem else {}),
            }
            for one in found
        ]
    }


def show_status(found: Sequence[KitStatus]) -> None:
    """Print how kits stand, with the files that need a look."""
    for one in found:
        newer = f"  →  {one.latest}" if one.latest not in (None, one.kit.version) else ""
        show(f"{one.kit.name} {one.kit.version}{newer}  {one.state}")
        if one.problem is not None:
            show(f"  problem        {one_line(one.problem)}")
        for path, state in one.files.items():
            if state != "PRISTINE":
                show(f"  {state:<13}  {one_line(path)}")
        for path, reason in one.left_out.items():
            show(f"  {'left out':<13}  {one_line(path)}: {one_line(reason)}")
    if not found:
        show("no kit is installed")
        say("  → pack kit install SOURCE")


def show_preview(preview: Preview) -> None:
    """Print what would be installed."""
    kit, manifest = preview.kit, preview.kit.manifest
    show(f"{kit.name} {manifest.version}  {one_line(manifest.description.strip())}".rstrip())
    show(f"  from     {one_line(kit.shipment.source)}")
    show(f"  goes to  {one_line(kit.folder)}")
    show(f"  licence  {one_line(manifest.license or 'none named')}")
    show(f"  files    {len(kit.files)}, {preview.size:,} bytes")
    for path, count in preview.hidden.items():
        show(f"  hidden   {one_line(path)}: {counted(count, 'character')} that nobody sees")
    for left in preview.left_out:
        show(f"  left out {one_line(left.path)}: {one_line(left.reason)}")
    for needed in preview.missing:
        show(f"  also     {one_line(needed)} would go with it")
    for warning in preview.warnings:
        show(f"  warning  {one_line(warning)}")


def show_updated(done: Updated, *, planned: bool = False) -> None:
    """Print what was done to a kit, or would be."""
    for one in done.files:
        if one.action is not FileAction.NONE:
            beside = f"  (upstream's text: {one.conflict_copy})" if one.conflict_copy else ""
            why = f": {one.reason}" if one.reason else ""
            done_to = one.action.replace("_", " ")
            show(one_line(f"  {done_to:<9} {one.path}{why}{beside}"))
    if done.waits:
        show(f"{done.name}: waits for you as proposal {done.waits}")
    elif planned:
        return
    elif done.commit is None:
        show(f"{done.name} {done.after or ''}: nothing to do".replace(" :", ":"))
    elif done.after is None:
        show(f"removed {done.name} {done.before}")
    else:
        change = (
            done.after if done.before in (None, done.after) else f"{done.before} → {done.after}"
        )
        show(f"{done.name} {change}")


def show_info(fields: Mapping[str, object]) -> None:
    """Print what a kit says of itself."""
    for key, value in fields.items():
        if value:
            show(f"{key:<12} {one_line(str(value).strip())}")
