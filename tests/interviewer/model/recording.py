"""Cassettes: how requests are matched, what is kept of them, and how they are written so that people can read them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

HOST = "http://model.invalid"
KEPT_HEADERS = {"content-type", "retry-after"}
LONG = 160  # characters from which on a paragraph of a request is written once and referred to


class _Dumper(yaml.SafeDumper):
    """Long and many-line texts as blocks."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def serialize(cassette: Mapping[str, Any]) -> str:
    """Return the cassette as YAML: bodies as data, streams as their lines, long paragraphs once."""
    texts: dict[str, str] = {}
    same: dict[str, Any] = {}

    def refer(paragraph: str) -> str:
        if len(paragraph) <= LONG:
            return paragraph
        key = hashlib.sha256(paragraph.encode()).hexdigest()[:8]
        texts[key] = paragraph
        return f"text:{key}"

    def shorten(value: Any) -> Any:
        if isinstance(value, str) and len(value) > LONG:
            parts = [refer(paragraph) for paragraph in value.split("\n\n")]
            return {"paragraphs": parts} if len(parts) > 1 else parts[0]
        if isinstance(value, list):
            return [shorten(item) for item in value]
        if isinstance(value, dict):
            # The same object for the same content: YAML then writes it once, with an anchor.
            short = {key: shorten(item) for key, item in value.items()}
            return same.setdefault(json.dumps(short, sort_keys=True), short)
        return value

    interactions = [
        {
            "request": {
                "method": one["request"]["method"],
                "uri": one["request"]["uri"],
                "body": shorten(json.loads(_string(one["request"]["body"]) or "null")),
            },
            "response": _response_out(one["response"]),
        }
        for one in cassette["interactions"]
    ]
    document = {"texts": texts, "interactions": interactions}
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def deserialize(text: str) -> dict[str, Any]:
    """Return what `serialize` was given."""
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    texts = document["texts"]

    def whole(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("text:"):
            return texts[value.removeprefix("text:")]
        if isinstance(value, list):
            return [whole(item) for item in value]
        if isinstance(value, dict) and value.keys() == {"paragraphs"}:
            return "\n\n".join(whole(part) for part in value["paragraphs"])
        if isinstance(value, dict):
            return {key: whole(item) for key, item in value.items()}
        return value

    interactions = [
        {
            "request": {
                "method": one["request"]["method"],
                "uri": one["request"]["uri"],
                "body": json.dumps(whole(one["request"]["body"])),
                "headers": {},
            },
            "response": _response_in(one["response"]),
        }
        for one in document["interactions"]
    ]
    return {"version": 1, "interactions": interactions}


def _response_out(response: Mapping[str, Any]) -> dict[str, Any]:
    body = _string(response["body"]["string"])
    kept: dict[str, Any] = {"status": response["status"]["code"], "headers": dict(response["headers"])}
    if body.startswith("data:"):
        lines = [line.removeprefix("data: ") for line in body.split("\n\n") if line]
        return kept | {"stream": [line if line == "[DONE]" else json.loads(line) for line in lines]}
    try:
        return kept | {"json": json.loads(body)}
    except ValueError:
        return kept | {"text": body}


def _response_in(response: Mapping[str, Any]) -> dict[str, Any]:
    if "stream" in response:
        lines = [one if isinstance(one, str) else json.dumps(one) for one in response["stream"]]
        body = "".join(f"data: {line}\n\n" for line in lines)
    else:
        body = json.dumps(response["json"]) if "json" in response else response["text"]
    status = {"code": response["status"], "message": "OK" if response["status"] == 200 else "Error"}
    return {"status": status, "headers": response["headers"], "body": {"string": body.encode()}}


def clean_request(request: Any) -> Any:
    """Drop every header (keys, versions, machines) and the host."""
    request.headers = {}
    request.uri = f"{HOST}/{request.uri.split('/', 3)[3]}"
    return request


def clean_response(response: dict[str, Any]) -> dict[str, Any]:
    """Keep the headers that the client acts on."""
    headers = {name.lower(): value for name, value in response["headers"].items()}
    return response | {"headers": {name: value for name, value in headers.items() if name in KEPT_HEADERS}}


def same_body(one: Any, other: Any) -> None:
    """Compare bodies as data; which key comes first is the client's business."""
    assert json.loads(_string(one.body)) == json.loads(_string(other.body))


def read_texts(path: Path) -> list[str]:
    """Return every text of a cassette's requests that was worth writing once; system messages are among them."""
    return list(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)["texts"].values())


def _string(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value or "")
