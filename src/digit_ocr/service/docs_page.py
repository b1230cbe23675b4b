"""The API's documentation as one HTML page, made from its OpenAPI document, without scripts."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from digit_ocr.service.problems import MEDIA_TYPE, PROBLEM_KINDS, ProblemKind

CURL = {
    "/v1/read": (
        "curl -F file=@receipt.jpg {host}/v1/read",
        "curl --data-binary @receipt.jpg '{host}/v1/read?reject_below=0.9'",
        "curl -F file=@form.png -F regions=10,20,200,60 -F length=5 {host}/v1/read",
        "curl -F file=@receipt.jpg -o annotated.png '{host}/v1/read?annotate=true'",
        "curl -F file=@one.jpg -F file=@two.jpg {host}/v1/read",
    ),
    "/v1/predict": (
        "curl -F file=@seven.png {host}/v1/predict",
        "curl --data-binary @seven.png '{host}/v1/predict?explain=true'",
    ),
    "/healthz": ("curl {host}/healthz",),
}
EXAMPLE_HOST = "http://127.0.0.1:8000"


def render_docs(document: dict[str, Any]) -> str:
    """Return the page for an OpenAPI document."""
    info = document["info"]
    sections = [
        _operation(path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    return _page(
        f"{info['title']} {info['version']}: the API",
        f"<p class='lead'>{escape(info['description'])} "
        "Machine-readable: <a href='/openapi.json'>/openapi.json</a>. "
        "For people: <a href='/'>the page</a>. Counters: <a href='/metrics'>/metrics</a>.</p>"
        + "".join(sections)
        + _problem_table(),
    )


def render_problem(kind: ProblemKind) -> str:
    """Return the page of one kind of refusal."""
    return _page(
        kind.title,
        f"<p>Status {kind.status}, <code>type</code> <code>{kind.type}</code>.</p>"
        f"<p>{_text(kind.advice)}</p><p><a href='/docs#problems'>All problems</a></p>",
    )


def _page(title: str, body: str) -> str:
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta name='color-scheme' content='light dark'>"
        f"<title>{escape(title)}</title><link rel='stylesheet' href='/docs.css'>"
        "<link rel='icon' href='/icon.svg'></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    title = f"<code class='method'>{method.upper()}</code> <code>{escape(path)}</code>"
    calls = "\n".join(line.format(host=EXAMPLE_HOST) for line in CURL.get(path, ()))
    return (
        f"<section id='{escape(operation['operationId'])}'><h2>{title}</h2>"
        f"<p><strong>{escape(operation['summary'])}.</strong> "
        f"{_text(operation.get('description', ''))}</p>"
        f"{_parameters(operation.get('parameters', []))}"
        f"<pre tabindex='0'>{escape(calls)}</pre>{_answers(operation['responses'])}</section>"
    )


def _parameters(parameters: list[dict[str, Any]]) -> str:
    if not parameters:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(parameter['name'])}</code></td>"
        f"<td>{_type(parameter['schema'])}</td>"
        f"<td>{_text(parameter.get('description', ''))}</td></tr>"
        for parameter in parameters
    )
    return (
        "<table><caption>Parameters, in the query or as multipart fields</caption><thead><tr>"
        "<th scope='col'>name</th><th scope='col'>type</th><th scope='col'>meaning</th>"
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _type(schema: dict[str, Any]) -> str:
    kinds = [part.get("type", "") for part in schema.get("anyOf", [schema])]
    text = " or ".join(kind for kind in kinds if kind != "null")
    bounds = [part for part in schema.get("anyOf", [schema]) if "minimum" in part]
    if bounds:
        text += f" {bounds[0]['minimum']:g}…{bounds[0]['maximum']:g}"
    if schema.get("default") not in (None, []):
        text += f", default {json.dumps(schema['default'])}"
    return escape(text)


def _answers(responses: dict[str, Any]) -> str:
    parts = []
    for status, response in responses.items():
        content = response.get("content", {})
        examples = content.get("application/json", {}).get("examples", {})
        for name, example in examples.items():
            shown = json.dumps(example["value"], indent=2, ensure_ascii=False)
            parts.append(
                f"<details><summary>{escape(status)}: {escape(name)}</summary>"
                f"<pre tabindex='0'>{escape(shown)}</pre></details>"
            )
        if MEDIA_TYPE in content:
            codes = " ".join(
                f"<a href='#{code}'><code>{code}</code></a>"
                for code in content[MEDIA_TYPE]["examples"]
            )
            parts.append(f"<p class='refusal'>{escape(status)}: {codes}</p>")
    return "".join(parts)


def _problem_table() -> str:
    rows = "".join(
        f"<tr id='{kind.code}'><td>{kind.status}</td><td><code>{kind.type}</code></td>"
        f"<td>{escape(kind.title)}. {_text(kind.advice)}</td></tr>"
        for kind in sorted(PROBLEM_KINDS.values(), key=lambda kind: kind.status)
    )
    return (
        "<section id='problems'><h2>Refusals</h2><p>Every refusal is "
        f"<code>{MEDIA_TYPE}</code> with <code>type</code>, <code>title</code>, "
        "<code>status</code>, <code>detail</code> and <code>request_id</code>. "
        "<code>type</code> never changes its meaning.</p><table><thead><tr>"
        "<th scope='col'>status</th><th scope='col'>type</th><th scope='col'>meaning</th>"
        f"</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _text(text: str) -> str:
    """Return text as HTML, with `code` marked as such and blank lines as paragraphs."""
    pieces = escape(text).split("`")
    marked = "".join(
        f"<code>{piece}</code>" if index % 2 else piece for index, piece in enumerate(pieces)
    )
    return marked.replace("\n\n", "</p><p>")
