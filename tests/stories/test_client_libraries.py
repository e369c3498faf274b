"""The schemas of the tools in the hands of the libraries that clients are made with.

They are large and need other versions of what PACK needs, so only `make clients` installs them, in
an environment beside that of the tests.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENTS = ROOT / ".venv" / "clients"
PYTHON = CLIENTS / "bin" / "python"
TOOLS = Path(__file__).with_name("tools_list.json")
DEADLINE = 300
"""Seconds; importing one of these libraries takes a busy machine a minute."""

pytestmark = [
    pytest.mark.clients,
    pytest.mark.timeout(DEADLINE + 20),
    pytest.mark.skipif(not PYTHON.exists(), reason="`make clients` has not been run"),
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
]

GENAI = """
from google.genai import types
from google.genai._mcp_utils import mcp_to_gemini_tool
from mcp.types import Tool
for tool in tools:
    (found,) = mcp_to_gemini_tool(Tool.model_validate(tool)).function_declarations
    taken(tool, found.parameters.properties)
    schema = types.JSONSchema.model_validate(tool["inputSchema"])
    taken(tool, types.Schema.from_json_schema(json_schema=schema).properties)
    if tool["name"] == "memory_edit":
        op = found.parameters.properties["edits"].items.properties["op"]
        assert op.enum == ["replace", "append", "replace_section"], op
"""
LITELLM = """
import os
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
from litellm.mcp_client.tools import transform_mcp_tool_to_openai_tool
from litellm.llms.vertex_ai.common_utils import _build_vertex_schema
from mcp.types import Tool
for tool in tools:
    found = transform_mcp_tool_to_openai_tool(Tool.model_validate(tool))
    taken(tool, found["function"]["parameters"]["properties"])
    taken(tool, _build_vertex_schema(json.loads(json.dumps(tool["inputSchema"])))["properties"])
"""
OPENAI_AGENTS = """
from agents.strict_schema import ensure_strict_json_schema
for tool in tools:
    found = ensure_strict_json_schema(json.loads(json.dumps(tool["inputSchema"])))
    taken(tool, found["properties"])
    assert set(found["required"]) == set(found["properties"]), found
"""
BEFORE = """
import json, sys
tools = json.load(open(sys.argv[1], encoding="utf-8"))
def taken(tool, properties):
    assert set(properties) == set(tool["inputSchema"]["properties"]), (tool["name"], properties)
"""
AJV = """
for (const make of [require('ajv').default, require('ajv/dist/2020').default]) {
  const ajv = new make({ strict: true, allErrors: true })
  for (const tool of tools) {
    ajv.compile(tool.inputSchema)
    ajv.compile(tool.outputSchema)
  }
}
"""
N8N_ZOD = """
const { jsonSchemaToZod } = require('@n8n/json-schema-to-zod')
for (const tool of tools) {
  const schema = jsonSchemaToZod(tool.inputSchema)
  if (tool.name !== 'memory_edit') continue
  const takes = (edit) => schema.safeParse({ path: 'a/b.md', edits: [edit] }).success
  expect(takes({ op: 'append', text: 'x' }), true)
  expect(takes({ op: 'replace', old: 'a', new: 'b', all: true }), true)
  expect(takes({ op: 'sing', text: 'x' }), false)
  expect(takes({ op: 'append', text: 3 }), false)
}
"""
ZOD_TEXT = """
const { jsonSchemaToZod } = require('json-schema-to-zod')
for (const tool of tools) {
  const text = jsonSchemaToZod(tool.inputSchema)
  expect(/any\\(\\)|unknown\\(\\)|superRefine/.test(text), false)
  for (const name of Object.keys(tool.inputSchema.properties)) expect(text.includes(name), true)
}
"""
NODE_BEFORE = """
const tools = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'))
const expect = (found, wanted) => {
  if (found !== wanted) throw new Error(`${found} is not ${wanted}`)
}
"""


@pytest.mark.parametrize(
    "program", [GENAI, LITELLM, OPENAI_AGENTS], ids=["google-genai", "litellm", "openai-agents"]
)
def test_a_python_library_takes_every_argument_of_every_tool(program: str) -> None:
    done = subprocess.run(
        [str(PYTHON), "-c", BEFORE + program, str(TOOLS)],
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", [AJV, N8N_ZOD, ZOD_TEXT], ids=["ajv", "n8n", "zod"])
def test_a_javascript_library_takes_every_argument_of_every_tool(program: str) -> None:
    done = subprocess.run(
        ["node", "-e", NODE_BEFORE + program, str(TOOLS)],
        check=False,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        cwd=CLIENTS,
    )
    assert done.returncode == 0, done.stderr


def test_what_is_checked_is_what_is_published() -> None:
    tools = json.loads(TOOLS.read_text(encoding="utf-8"))
    assert {tool["name"] for tool in tools} >= {"memory_edit", "memory_get"}
