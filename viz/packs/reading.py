"""Read a pack from YAML; what is wrong is said with the line of the file.

YAML can name types to be made and say the same thing many times over; neither is followed: plain values only, no
anchors, each key once, and no more than ``MAX_BYTES`` of it.
"""

import re
from collections.abc import Mapping, Sequence

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from viz.errors import Reason
from viz.packs.errors import PackWrong, Problem, WrongPart
from viz.packs.schema import Pack

MAX_BYTES = 300_000
MAX_DEPTH = 12  # of a pack 7 are used; a reader that follows any depth runs out of its own
MAX_PROBLEMS = 50
SHOWN = 80  # characters of a wrong value


def read(data: bytes, name: str) -> Pack:
    """Read and check a pack; ``name`` is the file's, for the errors. Raises ``PackWrong``."""
    if len(data) > MAX_BYTES:
        raise _wrong(name, 1, Reason("it has {n:,} bytes, and a pack may have {most:,}.", n=len(data), most=MAX_BYTES))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(name, data[: error.start].count(b"\n") + 1, Reason("this is no text in UTF-8.")) from error
    root = _composed(text, name)
    try:
        return Pack.model_validate(_plain(root, name))
    except ValidationError as error:
        found = tuple(_problem(details, root) for details in _own(error.errors(include_url=False))[:MAX_PROBLEMS])
        raise PackWrong.of(name, tuple(sorted(found, key=lambda problem: problem.line))) from error


def _wrong(name: str, line: int, reason: Reason) -> PackWrong:
    return PackWrong.of(name, (Problem(line, "", reason),))


def _composed(text: str, name: str) -> MappingNode:
    """Parse YAML into its nodes, which know their lines; nothing is made of them yet."""
    try:
        _refuse_anchors_and_depth(text, name)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _wrong(name, line, Reason("this is no YAML: {said}.", said=error.problem or error.context)) from error
    except yaml.YAMLError as error:  # a character that YAML does not have
        raise _wrong(name, 1, Reason("this is no YAML: {said}.", said=" ".join(str(error).split()))) from error
    if not isinstance(root, MappingNode):
        raise _wrong(name, 1, Reason("a pack begins with lines such as 'pack: my-lesson'; this file does not."))
    return root


def _refuse_anchors_and_depth(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _wrong(name, line, Reason("anchors and aliases (& and *) are not read: write it out, or quote it."))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _wrong(name, line, Reason("it is nested deeper than a pack can be."))


def _plain(node: Node, name: str) -> object:
    """Make plain values of nodes: text, numbers, yes and no, lists, and mappings with each key once."""
    if isinstance(node, SequenceNode):
        return tuple(_plain(item, name) for item in node.value)
    if isinstance(node, MappingNode):
        made: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                raise _wrong(name, line, Reason("a key must be a word."))
            if key.value in made:
                raise _wrong(name, line, Reason("'{key}' stands here twice.", key=key.value[:SHOWN]))
            made[key.value] = _plain(value, name)
        return made
    assert isinstance(node, ScalarNode)  # YAML has no fourth kind
    return _scalar(node, name)


_EXPONENT = re.compile(r"[+-]?\d+(\.\d*)?e[+-]?\d{1,3}", re.IGNORECASE)  # YAML 1.1 takes -1e4 for a word
_READERS = {"null": lambda _text: None, "bool": lambda text: text.lower() in ("yes", "true", "on")}


def _scalar(node: ScalarNode, name: str) -> object:
    """Read a scalar by YAML's own rules; dates and the like, which no field takes, stay text."""
    kind = node.tag.rpartition(":")[2]
    if not node.tag.startswith("tag:yaml.org,2002:"):
        raise _wrong(name, node.start_mark.line + 1, Reason("the tag {tag} is not read.", tag=node.tag[:SHOWN]))
    try:
        if kind == "int":
            return yaml.SafeLoader("").construct_yaml_int(node)
        if kind == "float":
            return yaml.SafeLoader("").construct_yaml_float(node)
    except ValueError:  # 0x, or more digits than Python reads
        return node.value
    if kind == "str" and node.style is None and _EXPONENT.fullmatch(node.value):
        return float(node.value)
    return _READERS[kind](node.value) if kind in _READERS else node.value


def _own(found: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out what only follows from something inside: pydantic calls a list too short whose entries are wrong."""
    places = [details["loc"] for details in found]
    return [
        details
        for details in found
        if details["type"] != "too_short"
        or not any(place[: len(details["loc"])] == details["loc"] != place for place in places)
    ]


def _problem(details: ErrorDetails, root: Node) -> Problem:
    line, steps = _line(root, details["loc"])
    named = [str(step + 1) if isinstance(step, int) else step for step in steps]
    return Problem(line, " ".join(named), _reason(details))


def _line(root: Node, place: Sequence[int | str]) -> tuple[int, list[int | str]]:
    """Follow a place into the file as far as it leads; gives its line and the steps that were found.

    Among the steps are names that pydantic gives to the forms a value may have, which stand in no file.
    """
    node, line, steps = root, root.start_mark.line, []
    for step in place:
        if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        elif isinstance(node, MappingNode) and (found := [pair for pair in node.value if pair[0].value == step]):
            line, node = found[0][0].start_mark.line, found[0][1]
        else:
            continue
        steps.append(step)
    return line + 1, steps


def _reason(details: ErrorDetails) -> Reason:
    """Say in our words what pydantic found."""
    kind, said = details["type"], details.get("ctx", {})
    last, value = details["loc"][-1] if details["loc"] else "", str(details["input"])[:SHOWN]
    if kind == "value_error" and isinstance(said.get("error"), WrongPart):
        return said["error"].reason
    if kind == "missing":
        return Reason("'{key}' is missing.", key=last)
    if kind == "extra_forbidden":
        return Reason("'{key}' is not known here.", key=last)
    if kind == "union_tag_not_found":
        return Reason("{key} is missing.", key=said["discriminator"])
    if kind == "union_tag_invalid":
        return Reason("'{value}' is not known; allowed: {allowed}.", value=said["tag"], allowed=said["expected_tags"])
    if kind == "literal_error":
        return Reason("'{value}' is not known; allowed: {allowed}.", value=value, allowed=said["expected"])
    if kind == "string_pattern_mismatch":
        return Reason("'{value}' is not written as it must be: {pattern}.", value=value, pattern=said["pattern"])
    return _bound(said, value) or Reason(
        "'{value}' is not of the type that stands here: {wanted}.", value=value, wanted=kind.rpartition("_")[0] or kind
    )


def _bound(said: Mapping[str, object], value: str) -> Reason | None:
    """Say which bound a value breaks; None where it breaks none."""
    for name in ("ge", "gt"):
        if name in said:
            return Reason("{value} is too small; the least is {bound}.", value=value, bound=said[name])
    for name in ("le", "lt"):
        if name in said:
            return Reason("{value} is too large; the most is {bound}.", value=value, bound=said[name])
    if "min_length" in said:
        return Reason("this is too short; the least number of characters or entries is {n}.", n=said["min_length"])
    if "max_length" in said:
        return Reason("this is too long; the largest number of characters or entries is {n}.", n=said["max_length"])
    return None
