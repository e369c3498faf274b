"""How a command sees that a coding agent has started it: variables, and the names of processes.

Each agent sets some variables for the commands that it runs. Those that people set themselves, such
as keys and folders, are no marks. An agent that hides its marks is not seen.

Source: the documentation of the agents, and https://github.com/agentsmd/agents.md/issues/136.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import PurePath
from typing import Final

from pack.deferred import dataclass, pattern
from pack.errors import InvalidConfig

_VARIABLES: Final = {
    "CLAUDECODE": "claude-code",
    "CLAUDE_CODE": "claude-code",
    "CLAUDE_PROJECT_DIR": "claude-code",
    "CLAUDE_CODE_ENTRYPOINT": "claude-code",
    "CLAUDE_CODE_CHILD_SESSION": "claude-code",
    "CLAUDE_CODE_IS_COWORK": "claude-code",
    "CLAUDE_CODE_SESSION_ID": "claude-code",
    "CURSOR_*": "cursor",
    "CODEX_*": "codex",
    "GEMINI_CLI": "gemini",
    "COPILOT_CLI": "copilot",
    "COPILOT_AGENT*": "copilot",
    "VSCODE_AGENT": "vscode",
    "CLINE_ACTIVE": "cline",
    "WINDSURF_CASCADE_*": "windsurf",
    "OPENCODE": "opencode",
    "OPENCODE_CLIENT": "opencode",
    "GOOSE_TERMINAL": "goose",
    "AMP_CURRENT_THREAD_ID": "amp",
    "AUGMENT_AGENT": "augment",
    "ANTIGRAVITY_AGENT": "antigravity",
    "TRAE_AI_SHELL_ID": "trae",
    "QWEN_CODE": "qwen-code",
    "CRUSH": "crush",
    "PI_CODING_AGENT": "pi",
    "AI_AGENT": "",
    "AGENT": "",
}
"""What each variable is the mark of, by its name or the beginning of it (`*`); nothing where its
value says that."""
_OF_PEOPLE: Final = frozenset({"CURSOR_API_KEY", "CODEX_HOME", "CODEX_API_KEY"})
_PROCESSES: Final = {
    "claude": "claude-code",
    "claude-code": "claude-code",
    "codex": "codex",
    "cursor-agent": "cursor",
    "gemini": "gemini",
    "gemini-cli": "gemini",
    "copilot": "copilot",
    "copilot-agent": "copilot",
    "aider": "aider",
    "aider-chat": "aider",
    "opencode": "opencode",
    "goose": "goose",
    "goosed": "goose",
    "cline": "cline",
    "amp": "amp",
    "crush": "crush",
    "qwen": "qwen-code",
    "qwen-code": "qwen-code",
    "auggie": "augment",
    "droid": "factory-droid",
    "kiro-cli": "kiro",
    "openhands": "openhands",
}
"""What each process is, by its name. The editors of the same makers are not here: a person works
in their terminals."""
_NOT_SET: Final = frozenset({"", "0", "false", "no", "off"})
_ONLY_YES: Final = frozenset({"1", "true", "yes", "on"})
_SUFFIX: Final = pattern(r"\.(?:js|mjs|cjs|py|pyz|exe|cmd|sh)\Z")
_PACKAGES: Final = frozenset({"node_modules", "site-packages"})
_GENERIC: Final = "agent"
_PROCESS: Final = "process:"
_MARK: Final = pattern(r"-?(?:process:)?[A-Za-z0-9_][A-Za-z0-9_.-]*\*?(?:=[A-Za-z0-9._-]+)?")
_SETTING: Final = "PACK_AGENT_MARKS"


@dataclass(frozen=True, slots=True)
class AgentMarks:
    """What tells that a coding agent is at work.

    Attributes:
        variables: The agent of each variable, as in `_VARIABLES`.
        processes: The agent of each process, by its name.
        ignored: Variables that are no marks.
    """

    variables: Mapping[str, str] = field(default_factory=lambda: _VARIABLES)
    processes: Mapping[str, str] = field(default_factory=lambda: _PROCESSES)
    ignored: frozenset[str] = _OF_PEOPLE

    def in_environment(self, environment: Mapping[str, str]) -> str | None:
        """The agent whose marks are among these variables."""
        set_here = {
            name.upper(): value
            for name, value in environment.items()
            if value.strip().lower() not in _NOT_SET
        }
        names = set_here.keys() - self.ignored
        for mark, agent in self.variables.items():
            begin = mark.removesuffix("*")
            found = sorted(name for name in names if name.startswith(begin))
            if (found and begin != mark) or begin in names:
                return agent or _named(set_here[begin])
        return None

    def in_command(self, command: Iterable[str]) -> str | None:
        """The agent that a process is.

        Args:
            command: Its name, and the words that it was started with as far as they name a program.
        """
        for word in command:
            path = PurePath(word.replace("\\", "/"))
            named = [_SUFFIX.sub("", path.name), *_packages(path.parts)]
            for name in named:
                if (agent := self.processes.get(name.lower())) is not None:
                    return agent
        return None


def _packages(parts: Sequence[str]) -> Sequence[str]:
    """The part of a program's path below the folder of packages; the rest is the person's."""
    folders = [place for place, name in enumerate(parts) if name in _PACKAGES]
    return parts[folders[0] :] if folders else ()


def agent_marks(setting: str) -> AgentMarks:
    """The marks there are, after what a person has set: more of them, or fewer.

    Args:
        setting: Parts separated by commas: `NAME=agent` and `process:NAME=agent` add one, and with
            a hyphen in front take one away; a name may end with `*`.

    Raises:
        InvalidConfig: A part is neither.
    """
    variables, processes, ignored = dict(_VARIABLES), dict(_PROCESSES), set(_OF_PEOPLE)
    for part in filter(None, map(str.strip, setting.split(","))):
        if not _MARK.fullmatch(part):
            raise InvalidConfig(_SETTING, "must be like NAME=agent, process:NAME=agent or -NAME")
        name, _, agent = part.removeprefix("-").partition("=")
        is_process = name.startswith(_PROCESS)
        key = name.removeprefix(_PROCESS).lower() if is_process else name.upper()
        table = processes if is_process else variables
        if not part.startswith("-"):
            table[key] = agent or key.rstrip("*_").lower()
        elif is_process:
            processes.pop(key, None)
        else:
            variables.pop(key, None)
            ignored.add(key)
    return AgentMarks(variables, processes, frozenset(ignored))


def _named(value: str) -> str:
    """The agent that a variable names which all agents may set: `claude-code_2.1`, `goose`, `1`."""
    name = re.split(r"[_/@ ]", value.strip().lower())[0]
    return _GENERIC if name in _ONLY_YES or not name else name[:64]
