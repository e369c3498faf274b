"""What a downstream has: `.pack-sync-state/RULE.json`, in the commit that brings the files.

    {
      "format": 1,
      "rule": "sync-webapp-guides",
      "source": "handbook",
      "version": "v1.2.0",
      "commit": "3f0c…",
      "transforms": 1,
      "files": {"docs/guides/a.md": "sha256 of what the release made"},
      "placed": {"docs/guides/b.md": "sha256 of what was put there, where that differs"},
      "overrides": {"docs/guides/b.md": {"sha256": "…", "version": "v1.0.0", "commit": "…"}},
      "variables": {"team": "web"},
      "made_by": {the rule, as far as it decides what is made}
    }

What a rule excludes stands in it as a hash only, as it names what is nobody else's business.

It is sorted and holds no time, so that the same sync is always the same bytes. Whoever changes it
by hand is found out, as the hashes are those of files that upstream's history makes again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from pack.distribution.content.globs import Glob
from pack.distribution.content.placing import STATE_DIR, checked_folder
from pack.distribution.values import Frequency, PathRewrite, Rule, Strategy
from pack.errors import InvalidContent, InvalidPath, LimitExceeded, UnusableInput
from pack.model import CommitId

_FORMAT: Final = 1
_LARGEST: Final = 8 * 1024 * 1024
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def state_path(rule_id: str) -> str:
    """Where the state of a rule is."""
    return f"{STATE_DIR}{rule_id}.json"


def digest(content: bytes) -> str:
    """The hash by which a state knows a text."""
    return sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class OverrideBase:
    """An override that has been merged.

    Attributes:
        sha256: Of the override then.
        version: The version that it was made on.
        commit: Its commit.
    """

    sha256: str
    version: str
    commit: CommitId


@dataclass(frozen=True, slots=True)
class SyncState:
    """What a downstream has of a rule.

    Attributes:
        rule: As much of the rule as decides what is made, as it was then.
        source: The memory's name.
        version: The release.
        commit: Its commit.
        files: Hashes of what the release made, by path.
        placed: Hashes of what was put there instead, by path, where that differs.
        overrides: The overrides that were merged, by the path of the file that they change.
        variables: What templates were filled with.
        transforms: The version of what is done to texts.
        excluded: The hash of what the rule excluded; `None` if the rule here has it itself.
    """

    rule: Rule
    source: str
    version: str
    commit: CommitId
    files: Mapping[str, str]
    placed: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, OverrideBase] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    transforms: int = 1
    excluded: str | None = None

    def expected(self, path: str) -> str | None:
        """The hash of what was put at a path; `None` if nothing was."""
        return self.placed.get(path, self.files.get(path))

    def to_bytes(self) -> bytes:
        """The file; the same state gives the same bytes."""
        said = {
            "format": _FORMAT,
            "rule": self.rule.id,
            "source": self.source,
            "version": self.version,
            "commit": self.commit,
            "transforms": self.transforms,
            "files": dict(sorted(self.files.items())),
            "placed": dict(sorted(self.placed.items())),
            "overrides": {
                path: {"sha256": one.sha256, "version": one.version, "commit": one.commit}
                for path, one in sorted(self.overrides.items())
            },
            "variables": dict(sorted(self.variables.items())),
            "made_by": self._made_by(),
        }
        return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode("utf-8")

    def _made_by(self) -> Mapping[str, object]:
        said = made_by(self.rule)
        if self.rule.exclude or self.excluded is not None:
            del said["exclude"]
            said["excluded"] = self.excluded or excluded_hash(self.rule.exclude)
        return said

    @classmethod
    def from_bytes(cls, content: bytes, rule_id: str) -> SyncState:
        """The state in a file.

        Raises:
            UnusableInput: It is none, or that of another rule.
        """
        try:
            said = json.loads(content.decode("utf-8")) if len(content) <= _LARGEST else None
            return _state(said, rule_id)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UnusableInput(f"{state_path(rule_id)} is not as it was written") from error


def _state(said: Any, rule_id: str) -> SyncState:
    if said["format"] != _FORMAT or said["rule"] != rule_id:
        raise ValueError
    return SyncState(
        rule=_rule(rule_id, said["made_by"]),
        source=_word(said["source"]),
        version=_word(said["version"]),
        commit=CommitId(_matching(_COMMIT, said["commit"])),
        files=_hashes(said["files"]),
        placed=_hashes(said.get("placed", {})),
        overrides={path: _override(one) for path, one in said.get("overrides", {}).items()},
        variables={_word(name): _word(value) for name, value in said["variables"].items()},
        transforms=int(said["transforms"]),
        excluded=_excluded(said["made_by"]),
    )


def _excluded(said: Any) -> str | None:
    return _matching(_SHA256, said["excluded"]) if "excluded" in said else None


def _override(said: Any) -> OverrideBase:
    commit = CommitId(_matching(_COMMIT, said["commit"]))
    return OverrideBase(_matching(_SHA256, said["sha256"]), _word(said["version"]), commit)


def _hashes(said: Any) -> dict[str, str]:
    return {_word(path): _matching(_SHA256, value) for path, value in said.items()}


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode("utf-8")  # half a surrogate pair is no text
    return value


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ValueError
    return value


# --- the rule in it ------------------------------------------------------------------------------


def made_by(rule: Rule) -> dict[str, object]:
    """As much of a rule as decides what is made."""
    return {
        "source": rule.source,
        "target_path": rule.target_path,
        "strategy": str(rule.strategy),
        "include": list(rule.include),
        "exclude": list(rule.exclude),
        "strip_internal_links": rule.strip_internal_links,
        "rewrite_paths": [[one.before, one.after] for one in rule.rewrites],
        "variables": dict(sorted(rule.variables.items())),
    }


def excluded_hash(globs: Iterable[str]) -> str:
    """The hash by which a state knows what a rule excludes."""
    return digest(json.dumps([*globs]).encode("ascii"))


def _rule(rule_id: str, said: Any) -> Rule:
    exclude = said["exclude"] if "excluded" not in said else ()
    globs = [said["source"], *said["include"], *exclude]
    try:
        for one in globs:
            Glob.parse(_word(one))
        folder = checked_folder(_word(said["target_path"]))
    except (InvalidContent, InvalidPath, LimitExceeded) as error:
        raise ValueError from error
    variables = {_word(k): None if v is None else _word(v) for k, v in said["variables"].items()}
    return Rule(
        id=rule_id,
        source=said["source"],
        target_repo="",
        target_path=folder,
        strategy=Strategy(said["strategy"]),
        frequency=Frequency.MANUAL,
        include=tuple(said["include"]),
        exclude=tuple(exclude),
        strip_internal_links=said["strip_internal_links"] is True,
        rewrites=tuple(PathRewrite(_word(a), _word(b)) for a, b in said["rewrite_paths"]),
        variables=variables,
    )
