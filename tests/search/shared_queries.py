"""Queries over memories that agents really wrote: thirteen notes of two projects, ten files of v1.

Written by hand after reading them. The notes are not part of the project; a query holds no more
of them than its own words.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.search.query_set import QuerySet, q

_MCP: Final = "memory-bank/project-mcp"
MCP_INDEX: Final = f"{_MCP}/_Index.md"
MCP_ACTIVE: Final = f"{_MCP}/activeContext.md"
MCP_PRODUCT: Final = f"{_MCP}/productContext.md"
MCP_PROGRESS: Final = f"{_MCP}/progress.md"
MCP_BRIEF: Final = f"{_MCP}/projectbrief.md"
MCP_PATTERNS: Final = f"{_MCP}/systemPatterns.md"
MCP_TECH: Final = f"{_MCP}/techContext.md"
_SAFE_ROOT: Final = (MCP_TECH, MCP_PATTERNS, MCP_PROGRESS, MCP_ACTIVE)

_WEB: Final = "memory-bank/website-checker"
WEB_ACTIVE: Final = f"{_WEB}/activeContext.md"
WEB_PRODUCT: Final = f"{_WEB}/productContext.md"
WEB_PROGRESS: Final = f"{_WEB}/progress.md"
WEB_BRIEF: Final = f"{_WEB}/projectbrief.md"
WEB_PATTERNS: Final = f"{_WEB}/systemPatterns.md"
WEB_TECH: Final = f"{_WEB}/techContext.md"

UPLOADS: Final = "v1-memory/03-vsmti-no-headings-crlf.md"
GAME: Final = "v1-memory/04-grimoire-frontmatter.md"
HARDDISK: Final = "v1-memory/05-dr-harddisk-arabic.md"
AGENTS: Final = "v1-memory/06-lmagent-fenced-headings.md"
TESTHUB: Final = "v1-memory/07-autotest-bom-cjk.md"
HUNTARR: Final = "v1-memory/08-huntarr-no-final-newline.md"
ACMP: Final = "v1-memory/09-acmp-markup-in-headings.md"
SUITE: Final = "v1-memory/10-cybersec-plan-50k.md"


def read_notes(folder: Path) -> dict[str, bytes]:
    """The notes, by their path in the folder with the real memory files."""
    files = sorted([*folder.glob("memory-bank/*/*.md"), *folder.glob("v1-memory/*.md")])
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


QUERIES: Final[QuerySet] = {
    "question": (
        q("Which thin wrappers were removed?", MCP_ACTIVE, MCP_PROGRESS, top=3),
        q("Why are all file operations refused?", *_SAFE_ROOT, top=3),
        q("Which Python packages have to be installed to automate MS Project?", MCP_TECH, top=3),
        q("Who are the stakeholders of the MS Project server?", MCP_PRODUCT, top=3),
        q("Does it run on a Mac or on Linux?", MCP_BRIEF, MCP_TECH, top=3),
        q(
            "Why are recurring tasks only simulated?",
            *(MCP_PATTERNS, MCP_PROGRESS, MCP_ACTIVE, MCP_BRIEF, MCP_TECH),
            top=3,
        ),
        q("How many tests are there, and in which suites?", MCP_PROGRESS, MCP_PRODUCT, top=3),
        q("Where are external binaries registered?", MCP_INDEX, top=3),
        q("Which process manager do we use in production?", WEB_TECH, WEB_ACTIVE, top=3),
        q("What are the known issues with Puppeteer?", WEB_PROGRESS, WEB_ACTIVE, top=3),
        q("Who are the users of the website checker?", WEB_PRODUCT, top=3),
        q("Which design patterns does the checker follow?", WEB_PATTERNS, top=3),
        q("Is payment processing a goal of the project?", WEB_BRIEF, top=3),
        q("Which environment variables does Puppeteer need?", WEB_TECH, top=3),
        q("Can an approved lesson still be edited?", ACMP, top=3),
        q("Why was modern-screenshot not good enough for the chart export?", ACMP, top=3),
        q("How do I run the E2E tests without destroying my local stack?", ACMP, top=3),
        q("Should a Keycloak user be deleted or disabled?", ACMP, top=3),
        q("What do the countdown timers show while the container is starting?", HUNTARR, top=3),
        q("Why was the hourly API limit of Sonarr reached too early?", HUNTARR, top=3),
        q("How was the tooltip fixed that was hidden after a page refresh?", HUNTARR, top=3),
        q("Which embedding model is planned?", AGENTS, top=3),
        q("Can the vector index be deleted without losing data?", AGENTS, top=3),
        q("Who may change the global memory?", AGENTS, top=3),
        q("What happens to the agent's memory when a session ends?", AGENTS, top=3),
        q("How many todos are done and how many are blocked?", SUITE, top=3),
        q("What replaces the Machine model?", SUITE, top=3),
        q("How does prompt caching work with Anthropic?", SUITE, top=3),
        q("In which order does the browser relay try its providers?", SUITE, top=3),
        q("Which branch has the article template?", HARDDISK, top=3),
        q("Why was the content collection empty during the build?", HARDDISK, top=3),
        q("Qui prend le frontend, Claude ou Codex ?", GAME, top=3),
        q("Où est décrite la mémoire narrative du jeu ?", GAME, top=3),
        q("配置中心和系统管理的边界是什么?", TESTHUB, top=3),
        q("和用户沟通用什么语言?", TESTHUB, top=3),
        q("为什么读取桌面文件会失败?", UPLOADS, top=3),
        q("ما هي الخطوة التالية في المشروع؟", HARDDISK, top=3),
    ),
    "sentence": (
        q(
            "I remember that the numbers on the home page were wrong as soon as somebody had "
            "switched on the low usage mode; what was the cause of that?",
            HUNTARR,
            top=3,
        ),
        q(
            "Before I start the server on a new machine, tell me which variable has to be set so "
            "that the tools that take files do not refuse to run",
            *_SAFE_ROOT,
            top=3,
        ),
        q(
            "We wanted to know how stale rows of the runtime table are cleaned up after the "
            "session of a model has crashed",
            SUITE,
            top=3,
        ),
        q(
            "Find the place where it says that nothing compares the status of a requirement with "
            "the status of its deferred work row",
            ACMP,
            top=3,
        ),
        q(
            "Que doit faire un agent après une PR de routine, et quand met-il à jour le document "
            "de son domaine ?",
            GAME,
            top=3,
        ),
        q("新对话接手这个项目的时候,应该按照什么顺序读取哪些文件?", TESTHUB, top=3),
    ),
    "keyword": (
        q("gitleaks", ACMP),
        q("Hangfire", ACMP),
        q("columnstore", ACMP),
        q("keycloak realm", ACMP),
        q("weasyprint", SUITE),
        q("pgvector", SUITE),
        q("Monaco", SUITE),
        q("MITRE ATT&CK", SUITE),
        q("tailwind", HARDDISK, SUITE, top=2, every=True),
        q("CodeRabbit", HARDDISK),
        q("roguelike", GAME),
        q("ONNX", AGENTS),
        q("nvim", AGENTS),
        q("fish shell", AGENTS),
        q("lighthouse", WEB_TECH, WEB_ACTIVE, top=2, every=True),
        q("cron", WEB_ACTIVE),
        q("observer pattern", WEB_PATTERNS),
        q("success criteria website", WEB_BRIEF),
        q("undo", MCP_PROGRESS, MCP_TECH, top=2, every=True),
        q("stakeholders", MCP_PRODUCT),
        q("Airtest", TESTHUB),
        q("sonarr tooltip", HUNTARR),
    ),
    "identifier": (
        q("MSPROJECT_SAFE_ROOT", *_SAFE_ROOT, top=4, every=True),
        q("msproject_dry_run", MCP_PATTERNS, MCP_TECH, MCP_ACTIVE, MCP_PROGRESS, every=True),
        q("RecurringTaskInsert", MCP_PATTERNS),
        q("recurring insert", MCP_PATTERNS, MCP_BRIEF),
        q("_resolve_safe_path", MCP_PATTERNS, MCP_ACTIVE, every=True),
        q("origin/hardening", MCP_ACTIVE),
        q("72b1170", MCP_ACTIVE),
        q("test_phase7.py", MCP_ACTIVE, MCP_PROGRESS, every=True),
        q("C:\\Projects", MCP_TECH),
        q("increment_stat_only", HUNTARR),
        q("increment stat only", HUNTARR),
        q("disableIntensiveRendering", HUNTARR),
        q("intensive rendering", HUNTARR),
        q("requestAnimationFrame", HUNTARR),
        q("low-usage-mode", HUNTARR),
        q("v7.3.10", HUNTARR),
        q("7.4.1", HUNTARR),
        q("#00c2ce", HUNTARR),
        q("src/primary/stats_manager.py", HUNTARR),
        q("stats_manager", HUNTARR),
        q("GuestSurfaceMiddleware", ACMP),
        q("guest middleware", ACMP),
        q("useToast", ACMP),
        q("SL-032", ACMP),
        q("DEF-105", ACMP),
        q("GHSA-q939-rpr3-3284", ACMP),
        q("--body-file", ACMP),
        q("/run/secrets/kc_bootstrap_admin_password", ACMP),
        q("tsc --noEmit -p tsconfig.json", ACMP),
        q("PromptCacheManager", SUITE),
        q("runtime_one_active_per_model", SUITE),
        q("mcp:{server_id}:{tool_name}", SUITE),
        q("core/streaming/runner.py", SUITE),
        q("BaseCoreException", SUITE),
        q("v3.1.0", SUITE),
        q("qwen3:0.6b", SUITE),
        q("all-MiniLM-L6-v2", AGENTS),
        q("MiniLM", AGENTS),
        q("core/memory/semantic_index.py", AGENTS),
        q("max_global_tokens", AGENTS),
        q("~/.lmagent-plus/memory/", AGENTS),
        q("FloatingWhatsApp", HARDDISK),
        q("whatsapp", HARDDISK),
        q("import.meta.env.PUBLIC_SITE_URL", HARDDISK),
        q("@astrojs/mdx", HARDDISK),
        q("4d77c45", HARDDISK),
        q("platform page header", TESTHUB),
        q("PlatformPageHeader", TESTHUB),
        q("frontend/src/router/route-meta.js", TESTHUB),
        q("route-meta", TESTHUB),
        q("docs/task-router.md", GAME),
        q("v0.2.1", GAME),
        q("--milestone", GAME),
        q("--no-sandbox", WEB_ACTIVE),
        q("PUPPETEER_SKIP_CHROMIUM_DOWNLOAD", WEB_TECH),
        q("/usr/bin/google-chrome", WEB_TECH),
        q("^22.15.0", WEB_TECH),
        q("src/auditor.js", WEB_PATTERNS),
    ),
    "phrase": (
        q('"error handling"', WEB_PATTERNS, WEB_ACTIVE, WEB_PROGRESS, HUNTARR, top=3, every=True),
        q('"graceful degradation"', WEB_PATTERNS),
        q('"real-time monitoring"', WEB_BRIEF),
        q('"read once at startup"', MCP_TECH),
        q('"prompt injection"', MCP_PATTERNS, MCP_ACTIVE, MCP_PROGRESS, every=True),
        q('"Waiting for Cycle"', HUNTARR),
        q('"an id is a pointer"', ACMP),
        q('"one agent = one worktree"', SUITE),
        q('"dead docs"', SUITE),
        q('"mémoire narrative"', GAME),
        q('"统一平台壳"', TESTHUB),
        q('"خريطة الطريق"', HARDDISK),
        q('"cycle for waiting"'),
        q('"handling error"'),
    ),
    "prefix": (
        q("stakeh*", MCP_PRODUCT),
        q("roguel*", GAME),
        q("observab*", ACMP),
        q("normaliz*", MCP_PATTERNS, MCP_ACTIVE, MCP_PROGRESS, SUITE, every=True),
        q("puppet*", WEB_TECH, WEB_ACTIVE, WEB_PROGRESS, WEB_BRIEF, WEB_PATTERNS, every=True),
        q("kubern*"),
    ),
    "minus": (
        q(
            "puppeteer -lighthouse",
            *(WEB_PROGRESS, WEB_BRIEF, WEB_PATTERNS),
            every=True,
            without=(WEB_TECH, WEB_ACTIVE),
        ),
        q('chromium -"system requirements"', WEB_PROGRESS, without=(WEB_TECH,)),
        q("tooltip -sonarr"),
        q("undo -progress", MCP_TECH, without=(MCP_PROGRESS,)),
    ),
    "substring": (
        q("gres", SUITE, WEB_PROGRESS, MCP_PROGRESS, MCP_PATTERNS, ACMP, top=9, every=True),
        q("eenshot", ACMP),
        q("ryptograph", SUITE),
        q("andbox", WEB_ACTIVE, WEB_PROGRESS, top=2, every=True),
        q("untdow", HUNTARR),
        q("ightho", WEB_ACTIVE, WEB_TECH, every=True),
        q("akehold", MCP_PRODUCT),
        q("guelik", GAME),
        q("embedding_mod", AGENTS),
        q("tier: foundation", MCP_BRIEF),
        q("source_of_truth: false", GAME),
        q("ebsite aud", WEB_BRIEF),
        q("eryExec", SUITE),
        q("件内容策", UPLOADS),
        q("试管理平", TESTHUB),
    ),
    "script": (
        q("上传文件", UPLOADS),
        q("存储路径", UPLOADS),
        q("粘贴", UPLOADS),
        q("一级导航", TESTHUB),
        q("全局搜索", TESTHUB),
        q("审计日志", TESTHUB),
        q("数据工厂", TESTHUB),
        q("最近访问 收藏", TESTHUB),
        q("壳", TESTHUB),
        q("Vue 3 前端", TESTHUB),
        q("Django后端", TESTHUB),
        q("文件", UPLOADS, TESTHUB, top=2, every=True),
        q("الذاكرة الحية", HARDDISK),
        q("القائمة السوداء", HARDDISK),
        q("المشاكل المعروفة", HARDDISK),
        q("الوكيل", HARDDISK),
    ),
    "accents": (
        q("mémoire narrative", GAME),
        q("memoire narrative", GAME),
        q("pre-deploiement", GAME),
        q("pré-déploiement", GAME),
        q("repartition", GAME),
        q("CAPACITÉS", GAME),
        q("versionnes", GAME),
    ),
}
