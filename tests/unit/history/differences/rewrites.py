"""Notes as an AI rewrites them, and what a person should see of it.

Each rewrite is one text with marks: `[-old-]` was taken out, `{+new+}` was put in. A line that
begins with `> ` was moved there from elsewhere, and one that begins with `< ` is where it was.
"""

from __future__ import annotations

import re
from typing import Final

REWRITES: Final[dict[str, str]] = {
    "a word": "The site opens in [-May-]{+June+}.\n",
    "a number": "The budget is [-1,200-]{+1,450+} euros.\n",
    "a date": "Kick-off on [-2026-03-01 at 9:30-]{+2026-03-15 at 10:00+}.\n",
    "a word more": "Anna writes {+all +}the texts.\n",
    "a word less": "Anna [-also -]writes the texts.\n",
    "one sentence of three": "It rains. Tom is [-ill-]{+well+}. We stay here.\n",
    "a sentence more": "Tom likes tea. {+He hates coffee. +}They talk.\n",
    "a sentence less": "Tom likes tea. [-He hates coffee. -]They talk.\n",
    "a sentence split": "We deploy on Fridays[-, and the-]{+. The+} tests run at night.\n",
    "sentences joined": "The cat sleeps on the mat[-. It-]{+, and it+} purrs loudly there.\n",
    "an abbreviation": "Use a cache, e.g. [-Redis-]{+Valkey+}, for sessions.\n",
    "a box": "- [[- -]{+x+}] buy milk\n- [ ] call Tom\n",
    "an item more": "- apples\n- pears\n{+- plums\n+}- nuts\n",
    "an item less": "- apples\n[-- pears\n-]- nuts\n",
    "an item changed": "1. Boil water\n2. Add {+two bags of +}tea\n3. Wait\n",
    "a heading": "# Plan{+ for June+}\n\nText that stays as it is.\n",
    "a row": "| who | when |\n|---|---|\n| Tom | [-Monday-]{+Friday+} |\n",
    "code": "```python\nx = [-1-]{+2+}\nprint(x)\n```\n",
    "a link": "See [the plan](plans/[-old-]{+new+}.md) first.\n",
    "bold": "Always run the {+**+}tests{+**+} first.\n",
    "chinese": "会议在星期[-一-]{+三+}举行。地点在北京。\n",
    "japanese": "会議は[-月-]{+火+}曜日です。場所は東京です。\n",
    "thai": "สวัสดี[-ชา-]{+ม+}ว{+ล+}โลก\n",
    "hebrew": "הפגישה ביום [-שני-]{+שלישי+} בבוקר.\n",
    "arabic": "الاجتماع يوم [-الاثنين-]{+الثلاثاء+} صباحا.\n",
    "hindi": "बैठक [-सोमवार-]{+मंगलवार+} को है।\n",
    "emoji": "Status: [-👩‍💻-]{+👨‍👩‍👧+} done\n",
    "german": "Die Seite geht im [-Mai-]{+Juni+} online, d. h. bald.\n",
    "a reworded sentence": (
        "The server [-is started by-]{+starts with+} the command below. Nothing else matters.\n"
    ),
    "the state of a project": (
        "# Active Context\n\n## Current Focus\n\n"
        "[-We are currently working on the-]{+The+} login page{+ is finished+}. The form validates "
        "emails on the client{+ and on the server+}. Password reset is "
        "[-not started yet-]{+in progress+}.\n\n## Next Steps\n\n[-- Add password reset\n-]"
        "- Write tests for the login form\n{+- Finish password reset\n+}"
        "- Deploy to staging{+ on Friday+}\n{+\n+}{+## Done\n+}{+\n+}{+- Login page\n+}"
    ),
    "a person, told in another order": (
        "{+Anna works as a physics teacher at a school in Kiel. +}[-Anna-]{+She+} prefers short "
        "answers in German. [-She works at a school in Kiel and teaches physics. -]"
        "[-In-]{+She sails in+} her free time [-she sails-]{+and has a small boat+}.\n"
    ),
    "prose made a list": (
        "## Stack\n\n[-The backend uses Flask-]{+- Backend: FastAPI+} with SQLAlchemy and Postgres "
        "[-14. -]{+16\n+}[-The frontend is-]{+- Frontend:+} React[-. -]{+\n+}"
        "{+- +}CI[- runs on-]{+:+} GitHub Actions[-.-]\n"
    ),
    "a list in another order and style": (
        "< - 2026-01-03: chose Postgres because of JSON support\n"
        "- {+**+}2026-01-10{+**+}: [-moved-]{+Moved+} hosting to Hetzner{+.+}\n"
        "> - {+**+}2026-01-03{+**+}: [-chose-]{+Chose+} Postgres because of {+its +}JSON "
        "support{+.+}\n"
    ),
    "a paragraph moved": (
        "# A\n\n> The long paragraph about the garden.\n{+\n+}# B\n\nOther words stay.\n"
        "[-\n-]< The long paragraph about the garden.\n"
    ),
}
_OLD: Final = re.compile(r"\[-(.*?)-\]", re.DOTALL)
_NEW: Final = re.compile(r"\{\+(.*?)\+\}", re.DOTALL)


def before(marked: str) -> str:
    """The text before the rewrite."""
    text = re.sub(r"^> .*\n", "", _NEW.sub("", marked), flags=re.MULTILINE)
    return re.sub(r"^< ", "", _OLD.sub(r"\1", text), flags=re.MULTILINE)


def after(marked: str) -> str:
    """The text after it."""
    text = re.sub(r"^(\[-\n-\])?< .*\n", "", marked, flags=re.MULTILINE)
    return re.sub(r"^> ", "", _NEW.sub(r"\1", _OLD.sub("", text)), flags=re.MULTILINE)
