"""The memory tool itself: for programs that wait for each answer, and for those with a loop."""

from __future__ import annotations

import weakref
from contextlib import ExitStack
from typing import Final, Self

from anthropic.lib.tools import BetaAbstractMemoryTool, BetaAsyncAbstractMemoryTool
from anthropic.types.beta import (
    BetaCacheControlEphemeralParam,
    BetaMemoryTool20250818CreateCommand,
    BetaMemoryTool20250818DeleteCommand,
    BetaMemoryTool20250818InsertCommand,
    BetaMemoryTool20250818RenameCommand,
    BetaMemoryTool20250818StrReplaceCommand,
    BetaMemoryTool20250818ViewCommand,
)
from anyio.to_thread import run_sync

from pack.memory import Memory
from pack.provenance import Source
from pack_connectors.anthropic_memory.answers import MemoryAnswers
from pack_connectors.anthropic_memory.opening import Caller, Folder, opened

_CLIENT: Final = "anthropic-memory-tool"


class PackMemoryTool(BetaAbstractMemoryTool):
    """The memory tool over a memory. Each change is one commit. May be used from any thread.

    Args:
        memory: The folder of a memory, which is begun if nothing is there; a memory that is open
            already; or `None` for the one that the settings name.
        client: The name of your program, which the commits bear.
        source: What kind of writer it is; `None` for what the settings say of that name, which is
            an AI in the cloud unless they say otherwise.
        model: The model, such as `anthropic/claude-sonnet-5`, for the commits.
        cache_control: As the SDK has it.

    Raises:
        PackError: The memory cannot be opened.
    """

    def __init__(
        self,
        memory: Memory | Folder | None = None,
        *,
        client: str = _CLIENT,
        source: Source | None = None,
        model: str | None = None,
        cache_control: BetaCacheControlEphemeralParam | None = None,
    ) -> None:
        super().__init__(cache_control=cache_control)
        with ExitStack() as stack:
            found = stack.enter_context(opened(memory, Caller(client, source, model)))
            self._answers = MemoryAnswers(found.plain_files)
            self._close = weakref.finalize(self, stack.pop_all().close)

    def close(self) -> None:
        """Close the memory, if the tool has opened it; the end of the process does so too."""
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        """See `MemoryAnswers.view`."""
        return self._answers.view(command.path, command.view_range)

    def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        """See `MemoryAnswers.create`."""
        return self._answers.create(command.path, command.file_text)

    def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        """See `MemoryAnswers.str_replace`."""
        return self._answers.str_replace(command.path, command.old_str, command.new_str)

    def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        """See `MemoryAnswers.insert`."""
        return self._answers.insert(command.path, command.insert_line, command.insert_text)

    def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        """See `MemoryAnswers.delete`."""
        return self._answers.delete(command.path)

    def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        """See `MemoryAnswers.rename`."""
        return self._answers.rename(command.old_path, command.new_path)

    def clear_all_memory(self) -> str:
        """See `MemoryAnswers.clear`."""
        return self._answers.clear()


class AsyncPackMemoryTool(BetaAsyncAbstractMemoryTool):
    """The same for programs with an event loop; the work is done in threads beside it.

    Args:
        memory: As in `PackMemoryTool`, like all the others.
        client: The name of your program.
        source: What kind of writer it is.
        model: The model.
        cache_control: As the SDK has it.

    Raises:
        PackError: The memory cannot be opened.
    """

    def __init__(
        self,
        memory: Memory | Folder | None = None,
        *,
        client: str = _CLIENT,
        source: Source | None = None,
        model: str | None = None,
        cache_control: BetaCacheControlEphemeralParam | None = None,
    ) -> None:
        super().__init__(cache_control=cache_control)
        self._tool = PackMemoryTool(memory, client=client, source=source, model=model)

    def close(self) -> None:
        """Close the memory, if the tool has opened it; the end of the process does so too."""
        self._tool.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await run_sync(self.close)

    async def view(self, command: BetaMemoryTool20250818ViewCommand) -> str:
        """See `PackMemoryTool.view`."""
        return await run_sync(self._tool.view, command)

    async def create(self, command: BetaMemoryTool20250818CreateCommand) -> str:
        """See `PackMemoryTool.create`."""
        return await run_sync(self._tool.create, command)

    async def str_replace(self, command: BetaMemoryTool20250818StrReplaceCommand) -> str:
        """See `PackMemoryTool.str_replace`."""
        return await run_sync(self._tool.str_replace, command)

    async def insert(self, command: BetaMemoryTool20250818InsertCommand) -> str:
        """See `PackMemoryTool.insert`."""
        return await run_sync(self._tool.insert, command)

    async def delete(self, command: BetaMemoryTool20250818DeleteCommand) -> str:
        """See `PackMemoryTool.delete`."""
        return await run_sync(self._tool.delete, command)

    async def rename(self, command: BetaMemoryTool20250818RenameCommand) -> str:
        """See `PackMemoryTool.rename`."""
        return await run_sync(self._tool.rename, command)

    async def clear_all_memory(self) -> str:
        """See `PackMemoryTool.clear_all_memory`."""
        return await run_sync(self._tool.clear_all_memory)
