"""How a command ends: done, refused, interrupted, or stopped by a bug."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from pack._version import __version__
from pack.errors import PackError
from pack_servers.cli.hook import hook_options, is_hook
from pack_servers.cli.shell.startup import importing
from pack_servers.cli.shell.streams import prepare_streams, say
from pack_servers.cli.shell.wording import worded

OK: Final = 0
FAILED: Final = 1
"""An error, or findings."""
CONFLICT: Final = 2
"""The file is no longer the version that the command was based on. Nothing was written."""
UNEXPECTED: Final = 3
INTERRUPTED: Final = 130

EXIT_STATUS: Final[Mapping[str, int]] = {
    "error": FAILED,
    "internal_error": UNEXPECTED,
    "invalid_request": FAILED,
    "several_remotes": FAILED,
    "several_branches": FAILED,
    "not_found": FAILED,
    "nothing_edited": FAILED,
    "not_initialised": FAILED,
    "migration_needed": FAILED,
    "invalid_path": FAILED,
    "ignored_path": FAILED,
    "managed_path": FAILED,
    "invalid_content": FAILED,
    "unusable_input": FAILED,
    "bad_signature": FAILED,
    "invalid_cursor": FAILED,
    "limit_exceeded": FAILED,
    "ambiguous_section": FAILED,
    "too_many_proposals": FAILED,
    "other_tenant": FAILED,
    "edit_failed": FAILED,
    "nothing_there": FAILED,
    "name_taken": FAILED,
    "not_a_file": FAILED,
    "root_stays": FAILED,
    "file_in_the_way": FAILED,
    "into_itself": FAILED,
    "through_link": FAILED,
    "text_not_found": FAILED,
    "text_not_unique": FAILED,
    "no_such_line": FAILED,
    "invalid_config": FAILED,
    "missing_memory": FAILED,
    "invalid_plan": FAILED,
    "precondition_failed": CONFLICT,
    "stale_base": CONFLICT,
    "conflict": CONFLICT,
    "already_exists": CONFLICT,
    "partly_read": CONFLICT,
    "unresolved_conflict": CONFLICT,
    "undo_conflict": CONFLICT,
    "proposal_changed": CONFLICT,
    "stale_proposal": CONFLICT,
    "nothing_to_undo": FAILED,
    "cannot_undo": FAILED,
    "cannot_restore": FAILED,
    "ask_the_person": FAILED,
    "removed_from_group": FAILED,
    "admission_pending": FAILED,
    "staged_change": CONFLICT,
    "uncommitted_edit": CONFLICT,
    "store_failed": FAILED,
    "unavailable": FAILED,
    "busy": FAILED,
    "outcome_unknown": FAILED,
    "auth_failed": FAILED,
    "rate_limited": FAILED,
    "refused": FAILED,
    "confirmation_needed": FAILED,
}
"""Exit status by error code; a test proves that no code is missing."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit status of the process.

    Nothing is raised: stderr says what went wrong and what to do about it. A hook never fails,
    because the client that called it would stop or complain.
    """
    prepare_streams()
    status = _run_safely(arguments)
    return OK if is_hook(arguments) else status


def _run_safely(arguments: Sequence[str]) -> int:
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return _without_reader()
    except KeyboardInterrupt:
        return INTERRUPTED
    except PackError as error:
        _report(str(error), worded(error.remedy))
        return EXIT_STATUS[error.code]
    except OSError as error:
        return _refused_by_system(error)
    except Exception as error:  # noqa: BLE001 - the outer boundary: a report instead of a crash
        _report_bug(error)
        return UNEXPECTED
    return status


def _run(arguments: Sequence[str]) -> int:
    options = hook_options(arguments)
    if options is None:
        return _run_command(arguments or ["--help"])
    with importing():
        # Here, as only a hook goes this way.
        from pack_servers.cli.history.beginning import print_beginning  # noqa: PLC0415

    print_beginning(**options)
    return OK


def _run_command(arguments: Sequence[str]) -> int:
    with importing():
        # Here, as a hook has no time for the parser.
        import typer  # noqa: PLC0415
        from typer.main import get_command  # noqa: PLC0415

        from pack_servers.cli.app import COMMANDS, build_app  # noqa: PLC0415

        command = get_command(build_app(arguments))
    try:
        # Without standalone mode it returns the status of `typer.Exit`.
        ended = command.main(args=list(arguments), prog_name="pack", standalone_mode=False)
    except typer.TyperException as error:
        # The command line cannot be parsed. Typer's own status, 2, means a conflict here.
        words = f"pack {arguments[0]}" if arguments[0] in COMMANDS else "pack"
        _report(error.format_message(), f"Run `{words} --help`.")
        return FAILED
    except typer.Abort:
        return INTERRUPTED
    return ended if isinstance(ended, int) else OK


def _report(message: str, remedy: str) -> None:
    say(f"error: {message}")
    for line in remedy.splitlines():
        say(f"  → {line}")


def _without_reader() -> int:
    """End quietly when the reader of a pipe is gone, as other commands do."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)  # so that buffered output has somewhere to go
    return FAILED


# What the machine refuses any program, and what a person can do about it.
_LIMITS: Final[Mapping[int | None, str]] = {
    errno.ENOSPC: "Free some space, or send the output elsewhere.",
    errno.EDQUOT: "Free some space, or send the output elsewhere.",
    errno.EIO: "Check the disk, or the terminal that the output goes to.",
    errno.EMFILE: "Allow more open files, as with `ulimit -n 256`.",
    errno.ENFILE: "Close other programs: this machine has too many files open.",
    errno.ENOMEM: "Close other programs: this machine is out of memory.",
    errno.EAGAIN: "Close other programs: no more processes can be started.",
}


def _refused_by_system(error: OSError) -> int:
    """End where the machine has no room left; what was acknowledged is stored all the same."""
    if not _has_current_folder():
        _report("the current directory was deleted", "Change to another one, and try again.")
        return FAILED
    if error.errno not in _LIMITS:
        _report_bug(error)
        return UNEXPECTED
    where = f"{error.filename}: " if error.filename else ""
    _without_reader()  # what is left in the buffer cannot be written either
    with suppress(OSError):
        _report(f"{where}{error.strerror}", _LIMITS[error.errno])
    return FAILED


def _has_current_folder() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it is there, and something else is the matter
    return True


def _report_bug(error: Exception) -> None:
    """Show what a person can paste into a bug report: no contents, settings or local variables."""
    # Here, as few commands end like this.
    import platform  # noqa: PLC0415

    say("error: pack stopped because of a bug; what it had acknowledged is stored.")
    say("  → Please report it, with the lines below.")
    say(f"pack {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for frame in traceback.extract_tb(error.__traceback__):
        place = Path(frame.filename)
        say(f"  {'/'.join(place.parts[-3:])}:{frame.lineno} in {frame.name}")
    # The message of an error that is not ours may quote its input, which could be a secret.
    say(f"  {type(error).__module__}.{type(error).__qualname__}")
