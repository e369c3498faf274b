"""Anthropic's memory tool (`memory_20250818`) over a memory, for programs that use their SDK.

What a model is told is, to the letter, what the SDK's own tool over a folder says; what becomes of
its files is decided by `pack.plain_files`. Begin with `tool`; `answers` has the texts.
"""

try:
    from pack_connectors.anthropic_memory.tool import AsyncPackMemoryTool, PackMemoryTool
except ModuleNotFoundError as error:
    if error.name != "anthropic":
        raise
    reason = "the package anthropic is not installed: pip install 'pack-memory[anthropic]'"
    raise ImportError(reason, name=error.name) from error

__all__ = ["AsyncPackMemoryTool", "PackMemoryTool"]
