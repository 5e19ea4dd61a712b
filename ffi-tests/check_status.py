"""Checks statuses that status.c wrote: check_status.py DIRECTORY SCHEMA

Each NAME.json must be one JSON document without a member twice that the schema allows, and NAME.expect has lines of a
path, separated by spaces, and the JSON value that stands there.
"""

import json
import pathlib
import sys

TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int, "number": (int, float),
}
ABOUT = {"$schema", "$defs", "title", "description"}
KNOWN = ABOUT | {"type", "required", "properties", "additionalProperties", "items", "minimum", "$ref"}


def is_a(value, name):
    return isinstance(value, TYPES[name]) and (not isinstance(value, bool) or name == "boolean")


def complaints(value, schema, root, where="$"):
    """What a JSON Schema, as far as this project uses it, has against a value."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if unknown := set(schema) - KNOWN:
        yield f"{where}: the schema has {unknown}"
    names = schema.get("type", [])
    if names and not any(is_a(value, name) for name in ([names] if isinstance(names, str) else names)):
        yield f"{where}: {value!r} is no {names}"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{where}: {value!r} is too small"
    if isinstance(value, dict):
        for name in set(schema.get("required", [])) - set(value):
            yield f"{where}: there is no {name}"
        for name, member in value.items():
            below = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            if below is False:
                yield f"{where}: {name} is not documented"
            else:
                yield from complaints(member, below, root, f"{where}.{name}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from complaints(item, schema.get("items", {}), root, f"{where}[{number}]")


def once(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError(f"a member twice: {names}")
    return dict(pairs)


def main(directory, schema):
    schema = json.loads(pathlib.Path(schema).read_text())
    wrong, files = [], sorted(pathlib.Path(directory).glob("*.json"))
    for file in files:
        status = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=once)
        wrong += [f"{file.name}: {text}" for text in complaints(status, schema, schema)]
        for line in file.with_suffix(".expect").read_text(encoding="utf-8").splitlines():
            path, expected = line.split("\t")
            found = status
            for name in path.split(" "):
                found = found[int(name) if isinstance(found, list) else name]
            if found != json.loads(expected):
                wrong.append(f"{file.name}: {path} is {found!r}, expected {expected}")
    print("\n".join(wrong) or f"{len(files)} documents are right")
    return 1 if wrong or not files else 0


sys.exit(main(*sys.argv[1:]))
