"""The state of a mesh in files that only their owner can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from pack.errors import Unavailable
from pack.mesh.members.invitation import OpenInvitation
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.state import Applicant, Membership, MeshEvent, PeerRecord
from pack_connectors.system.durable_files import DurableFiles

_MEMBERSHIP: Final = TypeAdapter(Membership)
_RECORDS: Final = TypeAdapter(list[PeerRecord])
_EVENTS: Final = TypeAdapter(list[MeshEvent])
_NOTICES: Final = TypeAdapter(list[str])
_T = TypeVar("_T")


class _StoredInvitation(BaseModel):
    key: str
    made_at: AwareDatetime
    used_by: PeerId | None


_INVITATIONS: Final = TypeAdapter(list[_StoredInvitation])


class _StoredApplicant(BaseModel):
    key: str
    name: str
    endpoint: str
    asked_at: AwareDatetime
    is_refused: bool


_APPLICANTS: Final = TypeAdapter(list[_StoredApplicant])


class MeshFiles:
    """See `MeshState`.

    Args:
        folder: Where the files are; made when something is stored.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def membership(self) -> Membership | None:
        """See `MeshState.membership`."""
        return self._load("membership.json", _MEMBERSHIP)

    def set_membership(self, membership: Membership | None) -> None:
        """See `MeshState.set_membership`."""
        if membership is not None:
            self._save("membership.json", _MEMBERSHIP.dump_json(membership))
            return
        try:
            (self._folder / "membership.json").unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"{self._folder}: {error.strerror}") from error

    def invitations(self) -> Sequence[OpenInvitation]:
        """See `MeshState.invitations`."""
        stored = self._load("invitations.json", _INVITATIONS) or []
        return [
            OpenInvitation(PublicKey.parse(one.key), one.made_at, one.used_by) for one in stored
        ]

    def set_invitations(self, invitations: Sequence[OpenInvitation]) -> None:
        """See `MeshState.set_invitations`."""
        stored = [
            _StoredInvitation(key=one.key.line, made_at=one.made_at, used_by=one.used_by)
            for one in invitations
        ]
        self._save("invitations.json", _INVITATIONS.dump_json(stored))

    def applicants(self) -> Sequence[Applicant]:
        """See `MeshState.applicants`."""
        stored = self._load("applicants.json", _APPLICANTS) or []
        return [
            Applicant(
                PublicKey.parse(one.key), one.name, one.endpoint, one.asked_at, one.is_refused
            )
            for one in stored
        ]

    def set_applicants(self, applicants: Sequence[Applicant]) -> None:
        """See `MeshState.set_applicants`."""
        stored = [
            _StoredApplicant(
                key=one.key.line,
                name=one.name,
                endpoint=one.endpoint,
                asked_at=one.asked_at,
                is_refused=one.is_refused,
            )
            for one in applicants
        ]
        self._save("applicants.json", _APPLICANTS.dump_json(stored))

    def records(self) -> Mapping[PeerId, PeerRecord]:
        """See `MeshState.records`."""
        return {one.peer: one for one in self._load("peers.json", _RECORDS) or []}

    def set_records(self, records: Mapping[PeerId, PeerRecord]) -> None:
        """See `MeshState.set_records`."""
        self._save("peers.json", _RECORDS.dump_json(list(records.values())))

    def events(self) -> Sequence[MeshEvent]:
        """See `MeshState.events`."""
        return self._load("events.json", _EVENTS) or []

    def set_events(self, events: Sequence[MeshEvent]) -> None:
        """See `MeshState.set_events`."""
        self._save("events.json", _EVENTS.dump_json(list(events)))

    def notices(self) -> Sequence[str]:
        """See `MeshState.notices`."""
        return self._load("notices.json", _NOTICES) or []

    def set_notices(self, notices: Sequence[str]) -> None:
        """See `MeshState.set_notices`."""
        self._save("notices.json", _NOTICES.dump_json(list(notices)))

    def _load(self, name: str, kind: TypeAdapter[_T]) -> _T | None:
        try:
            return kind.validate_json((self._folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{self._folder / name}: {error.strerror}") from error
        except ValidationError as error:
            raise Unavailable(
                f"{self._folder / name} is damaged; move it away to start afresh"
            ) from error

    def _save(self, name: str, content: bytes) -> None:
        file = str(self._folder / name)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with DurableFiles() as files:
                files.add(file, content, f"{file}-", mode=0o600)
                files.finish()
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error
