"""A small memory of our own making, in many scripts, and queries over it."""

from __future__ import annotations

from typing import Final

from tests.search.query_set import QuerySet, q

_NOTES: Final = {
    "contacts/anna-meyer.md": (
        "Anna Meyer",
        ["contact", "design"],
        "Anna leads design at Nordlicht. She prefers a call on Tuesday morning to e-mail.\n"
        "Allergic to peanuts. Her dog is called Bo.",
    ),
    "contacts/tomas-novak.md": (
        "Tomáš Novák",
        ["contact"],
        "Tomáš runs the data centre in Brno. Out of office every August.\n"
        "He introduced us to the people of the Žižkov meetup.",
    ),
    "contacts/dr-okafor.md": (
        "Dr. Okafor, dentist",
        ["contact", "health"],
        "Practice in Lindenstraße 14. Appointments only by phone, before noon.",
    ),
    "contacts/landlord.md": (
        "Landlord",
        ["contact", "home"],
        "Mr. Bianchi. The heating was repaired in January; the deposit is three months' rent.",
    ),
    "projects/aurora/decisions.md": (
        "Aurora: decisions",
        ["aurora", "decision"],
        "# Decisions\n\n## Database\n\nWe chose PostgreSQL over MongoDB because of transactions.\n"
        "\n## Queue\n\nRabbitMQ was dropped; a table with `SKIP LOCKED` is enough for us.\n\n"
        "## Time zones\n\nAll timestamps are stored in UTC and shown in local time.",
    ),
    "projects/aurora/release-notes.md": (
        "Aurora: releases",
        ["aurora"],
        "## v2.4.1\n\nFixes the crash on empty imports.\n\n## v2.4.0\n\nDark mode; faster start.",
    ),
    "projects/aurora/deployment.md": (
        "Aurora: deployment",
        ["aurora", "ops"],
        "Deploy with `make deploy ENV=staging`, then `kubectl rollout status`.\n"
        "The pipeline needs `--no-cache` after a change of the base image.\n"
        "Dashboard: https://grafana.example.org/d/aurora-latency?var=p95",
    ),
    "projects/aurora/api.md": (
        "Aurora: programming interface",
        ["aurora", "code"],
        "`getUserProfile` in `src/aurora/http/UserProfileController.ts` reads `user_profile_cache`."
        "\nA client retries with `X-Idempotency-Key`; limit is 120 requests a minute.",
    ),
    "projects/aurora/incident-2026-01.md": (
        "Outage in January",
        ["aurora", "incident"],
        "On 14 January the certificate of the gateway expired and all logins failed for two hours."
        "\nSince then an alarm is raised thirty days before a certificate ends.",
    ),
    "projects/garden/plan.md": (
        "Garden plan",
        ["garden"],
        "Tomatoes go to the south wall, beans beside the shed. Sow spinach in March.\n"
        "The raised beds need new soil before planting.",
    ),
    "projects/garden/watering.md": (
        "Watering",
        ["garden"],
        "Water twice a week in summer, early in the morning. The hose leaks at the tap.",
    ),
    "projects/kitchen/budget.md": (
        "Kitchen renovation: budget",
        ["kitchen", "money"],
        "Total of 18,500 EUR: cabinets 9,200, appliances 5,100, electrician 2,400, a reserve.",
    ),
    "projects/thesis/outline.md": (
        "Thesis outline",
        ["thesis"],
        "Chapter 1 motivates, chapter 2 surveys related work, chapter 3 has the measurements.\n"
        "The supervisor wants the methodology moved before the survey.",
    ),
    "projects/thesis/reading.md": (
        "Reading list",
        ["thesis"],
        "Read Robertson and Zaragoza on BM25 first; then the survey of learned sparse retrieval.",
    ),
    "context/editor.md": (
        "Editor and terminal",
        ["setup", "code"],
        "Helix with a dark theme; tabs are four spaces. The terminal is WezTerm.\n"
        "Alias `gs` is `git status --short --branch`.",
    ),
    "context/answers.md": (
        "How answers should be",
        ["preference"],
        "Short answers, British spelling, no emoji. Show the command before explaining it.",
    ),
    "context/backup.md": (
        "Backups",
        ["setup"],
        "restic to a disk at home every night and to a rented box every Sunday.\n"
        "Restoring was tried in November and took forty minutes.",
    ),
    "context/network.md": (
        "Home network",
        ["setup", "home"],
        "Router at 192.168.7.1, printer at 192.168.7.42. The guest network is called Flamingo.",
    ),
    "context/travel.md": (
        "Travel preferences",
        ["preference", "travel"],
        "Aisle seat, vegetarian meal, hotels near a railway station. Passport expires in 2031.",
    ),
    "context/health.md": (
        "Running and sleep",
        ["health"],
        "I run ten kilometres on Saturdays. Since the knee injury no more hills.",
    ),
    "context/family.md": (
        "Birthdays",
        ["family"],
        "Mother on 3 May, Jonas on 19 September, the twins on New Year's Eve.",
    ),
    "context/music.md": (
        "Music",
        ["hobby"],
        "Plays the violoncello; rehearsal of the quartet is on Thursdays at seven.",
    ),
    "context/books.md": (
        "Books",
        ["hobby"],
        "Finished The Left Hand of Darkness. Lent Middlemarch to Anna.",
    ),
    "context/errors.md": (
        "Errors that come back",
        ["code"],
        "`ECONNRESET` from the proxy means that its idle timeout is shorter than ours.\n"
        "`std::bad_alloc` in the importer: the batch is too large.\n"
        "C++ and C# builds need different flags; `.NET 8` only on the server.",
    ),
    "code/naming.md": (
        "Naming of the ingest service",
        ["code"],
        "`parse_http_header` is the old name of `HTTPHeaderParser`; the topic is "
        "`orders-by-region`.\nConfiguration in `config/ingest.d/10-limits.yaml`, key "
        "`max_batch_size`.",
    ),
    "code/python.md": (
        "Python habits",
        ["code"],
        "Use `pathlib` and frozen dataclasses; run `pytest -x --ff`. Never `except Exception`.",
    ),
    "code/sql.md": (
        "Slow queries",
        ["code", "database"],
        "An index on `(tenant_id, created_at DESC)` made the report thirty times faster.\n"
        "VACUUM runs at night.",
    ),
    "zh/meeting.md": (
        "产品会议记录",
        ["会议"],
        "本周决定推迟支付功能的上线时间,因为安全审核还没有完成。\n王伟负责联系银行。",
    ),
    "zh/recipe.md": ("红烧肉做法", ["菜谱"], "五花肉切块,加冰糖和酱油,小火慢炖一个半小时。"),
    "zh/database.md": (
        "数据库迁移",
        ["技术"],
        "从 MySQL 迁移到 PostgreSQL 的计划:先双写,再校验数据,最后切换。",
    ),
    "ja/trip.md": (
        "京都旅行の計画",
        ["旅行"],
        "三月に京都へ行きます。清水寺の近くの旅館を予約しました。新幹線の切符はまだです。",
    ),
    "ja/search.md": (
        "検索エンジンの設計",
        ["技術"],
        "全文検索には二文字の索引を使う。カタカナのデータベースという語も見つかること。",
    ),
    "ko/schedule.md": (
        "발표 일정",
        ["일정"],
        "다음 주 수요일에 서울에서 발표합니다. 회의실은 삼층에 있습니다.",
    ),
    "ko/coffee.md": ("커피 취향", ["취향"], "아침에는 아메리카노를 마시고 오후에는 마시지 않는다."),
    "th/food.md": ("ร้านอาหารที่ชอบ", ["อาหาร"], "ร้านก๋วยเตี๋ยวใกล้สถานีรถไฟอร่อยมาก ปิดวันจันทร์"),
    "ar/library.md": (
        "المكتبة",
        ["كتب"],
        "يجب إعادة الكتب قبل نهاية الشهر. المكتبة مغلقة يوم الجمعة.",
    ),
    "fr/logement.md": (
        "Déménagement à Orléans",
        ["logement"],
        "Le bail commence le 1er février. Il faut résilier l'électricité et prévenir la crèche.\n"
        "L'état des lieux a été repoussé à cause de la grève.",
    ),
    "fr/cuisine.md": (
        "Crème brûlée",
        ["recette"],
        "Six jaunes d'œufs, un demi-litre de crème, une gousse de vanille; caraméliser au dernier "
        "moment.",
    ),
    "pt/visto.md": (
        "Visto e residência",
        ["documentos"],
        "A renovação da autorização de residência é em outubro, no balcão de São João.",
    ),
    "de/steuer.md": (
        "Steuererklärung",
        ["steuer"],
        "Die Frist für die Steuererklärung ist der 31. Juli. Belege für das häusliche "
        "Arbeitszimmer und die Überweisung an die Straßenverkehrsbehörde liegen im Ordner.",
    ),
    "es/curso.md": (
        "Curso de español",
        ["curso"],
        "La próxima lección es el miércoles; mañana no.",
    ),
}


def _text(topic: str, tags: list[str], body: str) -> str:
    head = f"topic: {topic!r}\ntags: [{', '.join(tags)}]\ncreated: 2026-01-05\nupdated: 2026-02-10"
    return f"---\n{head}\n---\n\n{body}\n"


NOTES: Final = {path: _text(*parts) for path, parts in _NOTES.items()}

QUERIES: Final[QuerySet] = {
    "question": (
        q("Which database did we choose and why?", "projects/aurora/decisions.md"),
        q("How do I deploy to staging?", "projects/aurora/deployment.md"),
        q("Why did the logins fail in January?", "projects/aurora/incident-2026-01.md"),
        q("Who is allergic to peanuts?", "contacts/anna-meyer.md"),
        q("When is Jonas's birthday?", "context/family.md", top=3),
        q("Which seat do I like when travelling?", "context/travel.md", top=3),
        q("How often should the plants be watered?", "projects/garden/watering.md", top=3),
        q("What does the electrician of the kitchen cost?", "projects/kitchen/budget.md"),
        q("Where did we plant tomatoes?", "projects/garden/plan.md"),
        q("What should answers look like?", "context/answers.md"),
        q("When was restoring a backup last tried?", "context/backup.md"),
        q("Which book did I lend to Anna?", "context/books.md", top=3),
        q("How do I reach the dentist?", "contacts/dr-okafor.md"),
        q("Quand commence le bail ?", "fr/logement.md"),
        q("Wann ist die Frist für die Steuererklärung?", "de/steuer.md"),
        q("支付功能什么时候上线?", "zh/meeting.md"),
        q("京都の旅館はどこですか", "ja/trip.md"),
        q("발표는 언제 합니까?", "ko/schedule.md"),
    ),
    "sentence": (
        q(
            "I would like to know what we decided about time zones in the Aurora project, because "
            "somebody asked how timestamps are stored",
            "projects/aurora/decisions.md",
        ),
        q(
            "the importer dies with a bad alloc again, did we not see that some time ago?",
            "context/errors.md",
            top=3,
        ),
    ),
    "keyword": (
        q("peanuts", "contacts/anna-meyer.md"),
        q("violoncello", "context/music.md"),
        q("certificate expired", "projects/aurora/incident-2026-01.md"),
        q("aurora releases", "projects/aurora/release-notes.md"),
        q("thesis methodology", "projects/thesis/outline.md"),
        q("garden", "projects/garden/plan.md", "projects/garden/watering.md", top=2, every=True),
        q("measurement", "projects/thesis/outline.md"),
        q("rehearsals", "context/music.md"),
        q("repairing", "contacts/landlord.md"),
    ),
    "identifier": (
        q("getUserProfile", "projects/aurora/api.md"),
        q("user profile", "projects/aurora/api.md"),
        q("UserProfileController", "projects/aurora/api.md"),
        q("user_profile_cache", "projects/aurora/api.md"),
        q("src/aurora/http/UserProfileController.ts", "projects/aurora/api.md"),
        q("X-Idempotency-Key", "projects/aurora/api.md"),
        q("idempotency", "projects/aurora/api.md"),
        q("HTTPHeaderParser", "code/naming.md"),
        q("header parser", "code/naming.md"),
        q("parse_http_header", "code/naming.md"),
        q("orders-by-region", "code/naming.md"),
        q("max_batch_size", "code/naming.md"),
        q("10-limits.yaml", "code/naming.md"),
        q("v2.4.1", "projects/aurora/release-notes.md"),
        q("2.4.0", "projects/aurora/release-notes.md"),
        q("--no-cache", "projects/aurora/deployment.md"),
        q("git status --short", "context/editor.md"),
        q(
            "https://grafana.example.org/d/aurora-latency?var=p95",
            "projects/aurora/deployment.md",
        ),
        q("grafana.example.org", "projects/aurora/deployment.md"),
        q("aurora-latency", "projects/aurora/deployment.md"),
        q("192.168.7.42", "context/network.md"),
        q("std::bad_alloc", "context/errors.md"),
        q("ECONNRESET", "context/errors.md"),
        q("C++", "context/errors.md"),
        q("C#", "context/errors.md"),
        q(".NET 8", "context/errors.md"),
        q("created_at DESC", "code/sql.md"),
        q("projects/thesis/reading.md", "projects/thesis/reading.md"),
        q("incident-2026-01", "projects/aurora/incident-2026-01.md"),
    ),
    "phrase": (
        q('"three months\' rent"', "contacts/landlord.md"),
        q('"guest network"', "context/network.md"),
        q('"Left Hand of Darkness"', "context/books.md"),
        q('"raised beds" garden', "projects/garden/plan.md"),
        q('"network guest"'),
        q('"安全审核"', "zh/meeting.md"),
    ),
    "prefix": (
        q("violon*", "context/music.md"),
        q("appoint*", "contacts/dr-okafor.md"),
        q("transac*", "projects/aurora/decisions.md"),
        q("zebra*"),
    ),
    "minus": (
        q(
            "postgresql -mongodb",
            "zh/database.md",
            without=("projects/aurora/decisions.md",),
        ),
        q(
            'survey -"learned sparse"',
            "projects/thesis/outline.md",
            without=("projects/thesis/reading.md",),
        ),
        q("peanuts -dog"),
    ),
    "substring": (
        q("gresq", "projects/aurora/decisions.md", "zh/database.md", top=2, every=True),
        q("lonce", "context/music.md"),
        q("verkehrsbeh", "de/steuer.md"),
        q("bbitM", "projects/aurora/decisions.md"),
        q("minute", "projects/aurora/api.md", "context/backup.md", top=2, every=True),
        q("before noon", "contacts/dr-okafor.md"),
        q("home every n", "context/backup.md"),
    ),
    "script": (
        q("支付", "zh/meeting.md"),
        q("安全审核", "zh/meeting.md"),
        q("王伟", "zh/meeting.md"),
        q("酱油", "zh/recipe.md"),
        q("数据库", "zh/database.md"),
        q("PostgreSQL 迁移", "zh/database.md"),
        q("検索", "ja/search.md"),
        q("全文検索", "ja/search.md"),
        q("データベース", "ja/search.md"),
        q("新幹線", "ja/trip.md"),
        q("旅館 予約", "ja/trip.md"),
        q("서울", "ko/schedule.md"),
        q("회의실", "ko/schedule.md"),
        q("아메리카노", "ko/coffee.md"),
        q("ก๋วยเตี๋ยว", "th/food.md"),
        q("สถานีรถไฟ", "th/food.md"),
        q("المكتبة", "ar/library.md"),
        q("الجمعة", "ar/library.md"),
        q("肉", "zh/recipe.md"),
    ),
    "accents": (
        q("electricite", "fr/logement.md"),
        q("électricité", "fr/logement.md"),
        q("demenagement orleans", "fr/logement.md"),
        q("creme brulee", "fr/cuisine.md"),
        q("Crème Brûlée", "fr/cuisine.md"),
        q("œufs", "fr/cuisine.md"),
        q("residencia", "pt/visto.md"),
        q("autorização", "pt/visto.md"),
        q("sao joao", "pt/visto.md"),
        q("miercoles", "es/curso.md"),
        q("manana", "es/curso.md"),
        q("Tomas Novak", "contacts/tomas-novak.md"),
        q("Zizkov", "contacts/tomas-novak.md"),
        q("überweisung", "de/steuer.md"),
        q("uberweisung", "de/steuer.md"),
        q("STEUERERKLÄRUNG", "de/steuer.md"),
        q("Strasse", "contacts/dr-okafor.md", "de/steuer.md", top=2),
        q("lindenstrasse", "contacts/dr-okafor.md"),
    ),
}
