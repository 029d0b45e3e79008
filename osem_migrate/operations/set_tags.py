"""SetTags: the tags that we declare; the tags of others are left alone."""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from typing import Any, ClassVar, Self

from osem_migrate.errors import DefinitionError
from osem_migrate.operations.aspect import Aspect
from osem_migrate.operations.base import Operation, Setting
from osem_migrate.operations.change import Change, ChangeKind
from osem_migrate.operations.step import RESOURCE_ARN, Call, Description
from osem_migrate.schema import Schema, Table
from osem_migrate.schema.value import as_found, value

MAX_TAGS = 50
MAX_TAG_KEY = 128
MAX_TAG_VALUE = 256


@value
class SetTags(Setting):
    """Set tags by key, on top of those declared earlier. Tags that no script names are left alone.

    Attributes:
        table: logical name of the table.
        tags: values by key, up to 50; ``None`` removes a tag.

    Example:
        SetTags("Orders", {"CostCentre": "4711", "Team": None})
    """

    table: str
    tags: Mapping[str, str | None] = field(hash=False)

    noun: ClassVar[str] = "tags"
    described_by: ClassVar[Description] = Description.TAGS
    is_watched: ClassVar[bool] = False  # tags belong to many

    def __post_init__(self) -> None:
        """Check DynamoDB's limits on tags."""
        where = f"table {self.table!r}"
        count = sum(text is not None for text in self.tags.values())
        if count > MAX_TAGS:
            raise DefinitionError(f"{where}: {count} tags; DynamoDB allows {MAX_TAGS}", table=self.table)
        for key, text in self.tags.items():
            if not 1 <= len(key) <= MAX_TAG_KEY or key.lower().startswith("aws:"):
                raise DefinitionError(
                    f"{where}: tag key {key!r} must have 1 to {MAX_TAG_KEY} characters and not start with 'aws:'",
                    table=self.table,
                )
            if text is not None and len(text) > MAX_TAG_VALUE:
                raise DefinitionError(
                    f"{where}: the value of tag {key!r} has {len(text)} characters; DynamoDB allows {MAX_TAG_VALUE}",
                    table=self.table,
                )
            _check_characters(f"{where}: the key of tag {key!r}", key)
            _check_characters(f"{where}: the value of tag {key!r}", text or "")
        self._spell()

    def _spell(self) -> None:
        object.__setattr__(self, "tags", dict(sorted(self.tags.items())))

    @classmethod
    def default(cls, table: str) -> Self:
        """No tags."""
        return cls(table, {})

    @classmethod
    def read(cls, table: str, description: Mapping[str, Any]) -> Self | None:
        """ListTagsOfResource, all pages, without AWS's own tags."""
        tags = {tag["Key"]: tag["Value"] for tag in description.get("Tags", []) if not tag["Key"].startswith("aws:")}
        return as_found(cls, table, tags)

    def matches(self, live: Self) -> bool:
        """Every declared tag has its value, every removed one is gone; others do not matter."""
        return all(live.tags.get(key) == text for key, text in self.tags.items())

    def on(self, table: Table) -> Table:
        """The table with these tags on top of those it has declared."""
        previous = table.setting(SetTags)
        earlier = previous.tags if previous is not None else {}
        tagged = table.with_setting(replace(self, tags={**earlier, **self.tags}))
        default = table.default(SetTags)
        left = default.less(self) if default is not None else None
        return replace(tagged, defaults=(*tagged.defaults, left)) if left is not None else tagged

    def less(self, other: Self) -> Self | None:
        """The tags that the other one does not name."""
        tags = {key: text for key, text in self.tags.items() if key not in other.tags}
        return replace(self, tags=tags) if tags else None

    def create_parameters(self) -> dict[str, Any]:
        """Tags; left out when there are none, because even an empty list needs the permission to tag."""
        tags = self._to_send()
        return {"Tags": tags} if tags else {}

    def steps_on(self, before: Table) -> tuple[Call, ...]:
        """UntagResource for what is removed, then TagResource for what is set: 50 tags leave no room the other way."""
        steps: list[Call] = []
        removed = {key: None for key, text in self.tags.items() if text is None}
        tags = self._to_send()
        if removed:
            steps.append(SetTags(self.table, removed).step(before, "untag_resource", {"TagKeys": list(removed)}))
        if tags:
            steps.append(self.step(before, "tag_resource", {"Tags": tags}))
        return tuple(replace(step, named_by=RESOURCE_ARN) for step in steps)

    def is_concerned(self, aspect: Aspect, before: Table | None) -> bool:
        """Only by the tags that it names."""
        del before
        declared, found = aspect.declared, aspect.found
        if not isinstance(declared, SetTags) or not isinstance(found, SetTags):
            return False
        return any(key in self.tags and found.tags.get(key) != text for key, text in declared.tags.items())

    def reverse(self, before: Schema) -> Operation:
        """The values these tags had; a tag that nobody had declared is removed."""
        previous = before.table(self.table).setting(SetTags)
        earlier = previous.tags if previous is not None else {}
        return SetTags(self.table, {key: earlier.get(key) for key in self.tags})

    def as_changed_to(self, live: Self) -> Self:
        """Only the tags that are declared; those of others are nobody's change."""
        found = {key: live.tags.get(key) for key, text in self.tags.items() if live.tags.get(key) != text}
        return type(self)(self.table, found)

    def changes_from(self, earlier: Self) -> Iterator[Change]:
        """The tags that come, those that get another value, and those that go; never one that stays as it is."""
        old = {key: text for key, text in earlier.tags.items() if text is not None}
        new = {key: text for key, text in self.tags.items() if text is not None}
        added = {key: text for key, text in new.items() if key not in old}
        altered = {key: text for key, text in new.items() if key in old and old[key] != text}
        gone = {key: old[key] for key, text in self.tags.items() if text is None and key in old}
        if added:
            yield Change(kind=ChangeKind.ADD, what=self.noun, after=_text(added))
        if altered:
            was = _text({key: old[key] for key in altered})
            yield Change(kind=ChangeKind.ALTER, what=self.noun, before=was, after=_text(altered))
        if gone:
            yield Change(kind=ChangeKind.DROP, what=self.noun, before=_text(gone))

    def beyond(self, given: Self) -> Iterator[Self]:
        """The tags that differ from the given ones; ``None`` for a given one that this table does not have."""
        changed: dict[str, str | None] = {key: text for key, text in self.tags.items() if given.tags.get(key) != text}
        changed |= {key: None for key, text in given.tags.items() if text is not None and key not in self.tags}
        if changed:
            yield type(self)(self.table, changed)

    @property
    def create_permissions(self) -> tuple[str, ...]:
        """Tags that a new table brings along need the permission to tag."""
        return ("dynamodb:TagResource",) if self._to_send() else ()

    def data(self) -> Mapping[str, str | None]:
        """The tags by key; None for one that is removed."""
        return self.tags

    @property
    def text(self) -> str:
        """``Team=core, -Old``: what is set, and what is removed."""
        return _text(self.tags)

    @property
    def phrase(self) -> str:
        """``tags Team=core``, or ``no tags``."""
        return f"{self.noun} {self.text}" if self.tags else "no tags"

    def describe(self) -> str:
        """``set tags Team=core of Teams``."""
        return f"set {self.phrase} of {self.table}"

    def _to_send(self) -> list[dict[str, str]]:
        return [{"Key": key, "Value": text} for key, text in self.tags.items() if text is not None]


def _text(tags: Mapping[str, str | None]) -> str:
    return ", ".join(f"{key}={text}" if text is not None else f"-{key}" for key, text in tags.items())


def _check_characters(what: str, text: str) -> None:
    """Raise DefinitionError for a character that AWS refuses: letters, spaces and numbers of any script are fine."""
    for character in text:
        if unicodedata.category(character)[0] not in "LZN" and character not in "_.:/=+-@":
            braces = "; the configuration fills in {env} and {application} alone" if character in "{}" else ""
            raise DefinitionError(
                f"{what} has {character!r}; tags take letters, digits, spaces and _ . : / = + - @{braces}"
            )
