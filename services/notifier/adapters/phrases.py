"""The blocks of a template file, and the words of one message with its phrases, each written when it is used."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, TemplateNotFound, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context
from jinja2.utils import missing
from typing_extensions import override

from notifier.adapters.formatting import NO_BREAK_SPACE

PHRASES_KEPT_MAX: Final = 512
"""Phrases kept per language; a creditor needs about ten."""
_SHARED: Final = frozenset(
    "tone channel formal_kind je consumer also_n list_max creditor sender phone reply_address".split()
)
"""Words that many messages share: what is built of these alone is written once, not once a message."""

Write = Callable[[Context], Iterator[str]]


class Spoken(dict[str, Any]):
    """The words of one message; a phrase of the language is written when it is first asked for."""

    def __init__(self, known: dict[str, Any], *, phrases: "Blocks") -> None:
        super().__init__(known)
        self._phrases = phrases

    def __missing__(self, name: str) -> str:
        """Write a phrase; raises KeyError when there is none of that name."""
        if name not in self._phrases.names:
            raise KeyError(name)
        phrase = self[name] = self._phrases.phrase(name, self)
        return phrase


class _Lazy(Context):
    """What a block sees: the words as they are, not a copy of them."""

    @override
    def resolve_or_missing(self, key: str) -> Any:
        try:
            return self.parent[key]
        except KeyError:
            return missing


@dataclass(frozen=True, slots=True)
class _Block:
    """One block, and the words that it uses; of phrases these words are never phrases themselves."""

    write: Write
    uses: tuple[str, ...]
    is_shared: bool
    """Whether it is the same for many messages."""


class Blocks:
    """The blocks of one template file."""

    def __init__(self, name: str, *, environment: Environment, blocks: dict[str, _Block]) -> None:
        self._name = name
        self._environment = environment
        self._blocks = blocks
        self._names = frozenset(blocks)
        self._kept = lru_cache(maxsize=PHRASES_KEPT_MAX)(self._shared)

    @property
    def names(self) -> frozenset[str]:
        """The names of the blocks."""
        return self._names

    def write(self, block: str, words: dict[str, Any]) -> str:
        """Write a block; raises jinja2.TemplateError for an unknown block or word."""
        found = self._blocks.get(block)
        if found is None:
            raise TemplateNotFound(f"{self._name}#{block}")
        return "".join(found.write(_Lazy(self._environment, words, self._name, {})))

    def phrase(self, block: str, words: dict[str, Any]) -> str:
        """Write a phrase: its paragraphs, each on one line."""
        found = self._blocks[block]
        if found.is_shared:
            return self._kept(block, tuple([words[name] for name in found.uses]))
        return "\n\n".join(paragraphs(self.write(block, words)))

    def _shared(self, block: str, values: tuple[Any, ...]) -> str:
        words = dict(zip(self._blocks[block].uses, values, strict=True))
        return "\n\n".join(paragraphs(self.write(block, words)))


def blocks_of(environment: Environment, name: str) -> Blocks:
    """Read the blocks of a template file; raises jinja2.TemplateError."""
    template = environment.get_template(name)
    if environment.loader is None:
        raise TemplateNotFound(name)
    source, _, _ = environment.loader.get_source(environment, name)
    parsed = environment.parse(source, name)
    uses = {block.name: _uses(environment, block) for block in parsed.find_all(nodes.Block)}
    blocks = {
        block: _Block(write, uses[block], is_shared=_SHARED.issuperset(uses[block]))
        for block, write in template.blocks.items()
    }
    return Blocks(name, environment=environment, blocks=blocks)


def _uses(environment: Environment, block: nodes.Block) -> tuple[str, ...]:
    alone = nodes.Template(block.body)
    alone.set_environment(environment)
    return tuple(sorted(find_undeclared_variables(alone)))


def paragraphs(text: str) -> tuple[str, ...]:
    """Split at empty lines; within a paragraph, line breaks of the template file mean nothing."""
    return tuple(filter(None, (one_line_of(block) for block in _GAP.split(text))))


def one_line_of(text: str) -> str:
    """Return the words of a text with one space between them; what a no-break space joins is one word."""
    if NO_BREAK_SPACE in text:
        return _BREAKS.sub(" ", text).strip()
    return " ".join(text.split())


_BREAKS: Final = re.compile(rf"[^\S{NO_BREAK_SPACE}]+")
_GAP: Final = re.compile(r"\n\s*\n")
