"""Decides where a piece of text belongs in a memory, and what its file is called.

Why a table of words rather than a model: the same text gets the same place on every machine, people
can see why, and anybody who disagrees edits the migration plan. The words are the most common ones
in English, German, French, Spanish, Russian, Arabic, Chinese and Japanese.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pack.errors import InvalidPath
from pack.model import MemoryPath
from pack.normal_form import normalize
from pack.paths import fold, parse_memory_path, parse_path

CONTEXT: Final = "context"
PROJECTS: Final = "projects"
PROFILES: Final = "profiles"
CONTACTS: Final = "contacts"
FOLDERS: Final = (CONTEXT, PROJECTS, PROFILES, CONTACTS)
"""The folders of a new memory. Users add their own; nothing depends on these four."""

MAX_STEM_BYTES: Final = 80
_FALLBACK_STEM: Final = "section"
_MAX_TAGS: Final = 4
_BODY_READ: Final = 20_000  # characters that count; the subject of a section shows early
_BODY_HITS: Final = 3  # fewer could be coincidence
_APOSTROPHES: Final = "'’ʼ`"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a section goes.

    Attributes:
        folder: One of `FOLDERS`.
        tags: At most four, in lower-case English, most specific first; may be empty.
    """

    folder: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Notion:
    tag: str
    folder: str | None
    words: re.Pattern[str]


def _notion(tag: str, folder: str | None, words: str, substrings: str = "") -> _Notion:
    """A notion, recognised by whole `words`, and by `substrings` in scripts without spaces.

    Words are separated by blanks; `+` joins the words of a phrase. Arabic words also match with the
    article.
    """
    whole = "|".join(
        ("(?:ال)?" if "\u0600" <= word[0] <= "\u06ff" else "")
        + re.escape(word).replace(r"\+", " +")
        for word in words.split()
    )
    parts = [rf"(?<!\w)(?:{whole})(?!\w)", *map(re.escape, substrings.split())]
    return _Notion(tag, folder, re.compile("|".join(parts)))


# Folders in order of precedence: people before what they work on.
_NOTIONS: Final = (
    _notion(
        "people",
        CONTACTS,
        "contact contacts people person team family friends colleagues stakeholders address+book "
        "kontakt kontakte personen familie freunde kollegen ansprechpartner adressbuch "
        "personnes équipe famille amis collègues "
        "contacto contactos personas equipo familia amigos colegas "
        "контакт контакты люди команда семья друзья коллеги "
        "جهات+الاتصال اتصال أشخاص فريق عائلة أصدقاء زملاء",
        "联系人 聯絡人 联系方式 人员 人員 团队 團隊 家人 家庭 朋友 同事 "
        "連絡先 人物 家族 友人 同僚 チーム",
    ),
    _notion(
        "profile",
        PROFILES,
        "profile profiles about+me about+the+user user+profile who+i+am bio biography persona "
        "identity skills "
        "profil profile+von über+mich steckbrief lebenslauf "
        "profils à+propos+de+moi biographie compétences "
        "perfil perfiles sobre+mí biografía habilidades "
        "профиль профили обо+мне о+себе биография навыки "
        "ملف+شخصي الملف+الشخصي نبذة+عني سيرة مهارات",
        "个人资料 個人資料 个人简介 關於我 关于我 简介 プロフィール 自己紹介 スキル",
    ),
    _notion(
        "preferences",
        PROFILES,
        "preference preferences likes dislikes vorliebe vorlieben präferenzen einstellungen "
        "préférence préférences preferencia preferencias предпочтение предпочтения تفضيل تفضيلات",
        "偏好 喜好 好み 設定の好み",
    ),
    _notion(
        "project",
        PROJECTS,
        "project projects "
        "projekt projekte projekts projet projets proyecto proyectos "
        "проект проекты проекта проектов مشروع مشاريع",
        "项目 項目 專案 プロジェクト 案件",
    ),
    _notion(
        "roadmap",
        PROJECTS,
        "roadmap milestone milestones backlog sprint meilensteine fahrplan "
        "feuille+de+route jalons hoja+de+ruta hitos дорожная+карта خريطة+الطريق",
        "路线图 路線圖 里程碑 ロードマップ マイルストーン",
    ),
    _notion(
        "decisions",
        None,
        "decision decisions entscheidung entscheidungen décision décisions "
        "decisión decisiones решение решения قرار قرارات",
        "决策 決策 决定 決定",
    ),
    _notion(
        "architecture",
        None,
        "architecture design architektur arquitectura архитектура معمارية",
        "架构 架構 アーキテクチャ 設計",
    ),
    _notion(
        "todo",
        None,
        "todo todos to-do tasks next+steps aufgaben tâches tareas pendientes задачи مهام",
        "待办 待辦 任务 任務 タスク",
    ),
    _notion(
        "issues",
        None,
        "bug bugs issue issues problem problems gotchas crash crashes error errors failure "
        "failures exception exceptions fix fixes outage incident absturz abstürze plantage panne "
        "fehler probleme problème problèmes "
        "errores problemas ошибки проблемы مشاكل",
        "问题 問題 故障 バグ 課題",
    ),
)


_WORK: Final = frozenset(["issues", "architecture", "todo"])
_SOFTWARE: Final = re.compile(
    r"(?<!\w)(?:form|forms|page|api|sync|import|export|module|table|component|widget|endpoint|"
    r"service|server|database|schema|test|tests|deploy|release|build|formular|seite)(?!\w)"
)
_REACHED: Final = re.compile(
    r"\S@\w|(?<!\w)\+?[0-9][0-9 ()/-]{6,}[0-9]|birthday|geburtstag|linkedin"
)


def classify(title: str, body: str) -> Placement:
    """The folder and tags of a section, decided by its heading or, failing that, by its body.

    For the body to decide, it needs three words that stand for one folder, and twice as many as for
    any other. Everything else goes to `context/`.
    """
    heading = _normal(title)
    named = [notion for notion in _NOTIONS if notion.words.search(heading)]
    folder = next((notion.folder for notion in named if notion.folder), None)
    if folder in (CONTACTS, PROFILES) and _is_about_work(heading, named):
        folder = PROJECTS if any(notion.folder == PROJECTS for notion in named) else CONTEXT
    if folder is None:
        folder = _folder_of_body(_normal(body[:_BODY_READ]), named)
    return Placement(folder, tuple(notion.tag for notion in named)[:_MAX_TAGS])


def _is_about_work(heading: str, named: Sequence[_Notion]) -> bool:
    """Whether a heading with a word for people is about software: `Crash in the contact form`."""
    return any(notion.tag in _WORK for notion in named) or _SOFTWARE.search(heading) is not None


def _folder_of_body(body: str, named: Sequence[_Notion]) -> str:
    hits: Counter[str] = Counter()
    for notion in _NOTIONS:
        if notion.folder:
            hits[notion.folder] += sum(1 for _ in notion.words.finditer(body))
    (first, most), (_, next_most) = hits.most_common(2)
    if most < max(_BODY_HITS, 2 * next_most):
        return CONTEXT
    # People are mentioned everywhere; what is about them says how to reach them.
    is_about_people = _REACHED.search(body) is not None and not _is_about_work("", named)
    return first if first not in (CONTACTS, PROFILES) or is_about_people else CONTEXT


def _normal(text: str) -> str:
    return normalize("NFC", text).casefold().replace("_", " ")


def slug(title: str) -> str:
    """A file stem for any title: letters and digits of every script, lower-case, joined by `-`.

    At most 80 bytes of NFC text, in whole words, or in whole characters of a word that is longer.
    It is `section` if nothing is left, or if some file system or PACK reserves the name (`con`,
    `index`).
    """
    text = normalize("NFC", normalize("NFC", title).lower())
    stem = "-".join("".join(_word_characters(text)).split())
    stem = _whole_words(stem.encode("utf-8", "ignore").decode("utf-8")).strip("-")
    try:
        parse_memory_path(f"{CONTEXT}/{stem}.md")
    except InvalidPath:
        return _FALLBACK_STEM
    return stem


def _whole_words(stem: str) -> str:
    cut = stem.encode()[:MAX_STEM_BYTES].decode("utf-8", "ignore")
    following = stem[len(cut) : len(cut) + 1]
    if following in ("", "-"):
        return cut
    if "-" in cut:
        return cut.rpartition("-")[0]
    while cut and unicodedata.category(following)[0] == "M":  # it belongs to what is before it
        following, cut = cut[-1], cut[:-1]
    return cut


def _word_characters(text: str) -> Iterable[str]:
    """Letters, digits and their combining marks, with a space for everything else."""
    in_word = False
    for character in text:
        if character in _APOSTROPHES and in_word:
            continue  # "user's notes" becomes users-notes
        kind = unicodedata.category(character)
        selector = unicodedata.name(character, "").startswith("VARIATION SELECTOR")
        in_word = kind[0] in "LN" or (in_word and kind in ("Mn", "Mc") and not selector)
        yield character if in_word else " "


class PathClaims:
    """The paths handed out so far: no two are the same file on any common file system."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Start with the paths in use, in any spelling."""
        self._files: set[str] = set()
        self._folders: dict[str, str] = {}
        self._last: Counter[str] = Counter()
        for path in taken:
            self._record(path)

    def claim(self, folder: str, stem: str, ending: str = ".md") -> MemoryPath:
        """Take the path `folder/stem.md`, or else the first free one with `-2`, `-3` and so on.

        Without a folder, it is one at the root.

        If the folder exists in another spelling (case, normalisation), that spelling is used.

        Raises:
            InvalidPath: The parts do not form a path that a memory file may have.
            LimitExceeded: The path would be too long.
        """
        start = f"{self.spelling(folder)}/{stem}" if folder else stem
        path = f"{start}{ending}"
        wanted = fold(path)
        while self._is_taken(path):
            self._last[wanted] = max(2, self._last[wanted] + 1)
            path = f"{start}-{self._last[wanted]}{ending}"
        self._record(path)
        is_note = ending.lower() == ".md"
        return parse_memory_path(path, at_root=not folder) if is_note else parse_path(path)

    def _is_taken(self, path: str) -> bool:
        return fold(path) in self._files or fold(path) in self._folders

    def _record(self, path: str) -> None:
        self._files.add(fold(path))
        parts = path.split("/")
        for depth in range(1, len(parts)):
            folder = "/".join(parts[:depth])
            self._folders.setdefault(fold(folder), folder)

    def spelling(self, folder: str) -> str:
        """The folder in its existing spelling or as given; numbered if a file has that name."""
        found = ""
        for part in folder.split("/"):
            path = f"{found}/{part}" if found else part
            number = 1
            while fold(path) in self._files:
                number += 1
                path = f"{found}/{part}-{number}" if found else f"{part}-{number}"
            found = self._folders.get(fold(path), path)
        return found
