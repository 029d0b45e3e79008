"""Saving and finding items."""

from datetime import date
from decimal import Decimal

import pytest
from database import DigestItem, VibeDigestClient

from osem_migrate.errors import AwsError, ResourceNotFound

TODAY = date(2026, 11, 28)


def item(item_id: str, day: date = TODAY, **changed: object) -> DigestItem:
    """An item as good as any."""
    given: dict[str, object] = {"title": "Füße hoch ☀", "source": "https://example.com", "vibe": Decimal("0.75")}
    return DigestItem(day=day, item_id=item_id, **{**given, **changed})  # type: ignore[arg-type]


def test_what_is_saved_is_found(client: VibeDigestClient) -> None:
    """Every attribute comes back as it was, with tags and without."""
    for one in (item("a", tags=frozenset({"sun", "⚡"})), item("b")):
        client.save_item(one)
        assert client.find_item(TODAY, one.item_id) == one
    assert client.find_item(TODAY, "c") is None


def test_an_item_is_added_once(client: VibeDigestClient) -> None:
    """Adding it again changes nothing, so that whoever collects may begin anew; saving replaces it."""
    assert client.add_item(item("a"))
    assert not client.add_item(item("a", title="another"))
    assert client.find_item(TODAY, "a") == item("a")
    client.save_item(item("a", title="another"))
    assert client.find_item(TODAY, "a") == item("a", title="another")


def test_the_items_of_a_day_are_sorted(client: VibeDigestClient) -> None:
    """One day's only, by id, in either direction."""
    client.save_items([item("b"), item("a"), item("c"), item("a", title="last"), item("z", date(2026, 11, 27))])
    assert list(client.items_of(TODAY)) == [item("a", title="last"), item("b"), item("c")]
    assert [one.item_id for one in client.items_of(TODAY, newest_first=True)] == ["c", "b", "a"]
    assert list(client.items_of(date(2026, 1, 1))) == []


def test_a_day_of_more_than_a_page_is_whole(client: VibeDigestClient) -> None:
    """DynamoDB answers with a megabyte at most; the rest is asked for."""
    client.save_items(item(f"{number:03}", title="x" * 100_000) for number in range(25))
    assert [one.item_id for one in client.items_of(TODAY)] == [f"{number:03}" for number in range(25)]


def test_an_item_is_deleted(client: VibeDigestClient) -> None:
    """Whether there was one is told."""
    client.save_item(item("a"))
    assert client.delete_item(TODAY, "a")
    assert not client.delete_item(TODAY, "a")


def test_the_environment_is_chosen(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the argument, then by VIBE_DIGEST_ENV; dev otherwise."""
    assert VibeDigestClient().table_name == "VibeDigest-dev"
    monkeypatch.setenv("VIBE_DIGEST_ENV", "staging")
    assert VibeDigestClient().table_name == "VibeDigest-staging"
    assert VibeDigestClient("prod").table_name == "VibeDigest-prod"


def test_a_table_that_is_not_deployed_is_said(aws: None) -> None:
    """With validate at once, else on first use; the error says what to do."""
    with pytest.raises(ResourceNotFound, match="VibeDigest-dev"):
        VibeDigestClient(validate=True)
    with pytest.raises(AwsError) as caught:
        VibeDigestClient().save_item(item("a"))
    assert "upgrade" in caught.value.remediation


@pytest.mark.parametrize("wrong", [{"item_id": ""}, {"title": ""}, {"vibe": Decimal("1.01")}])
def test_an_item_that_cannot_be_shown_is_refused(wrong: dict[str, object]) -> None:
    """Before it is saved."""
    with pytest.raises(ValueError, match=r"title|vibe"):
        item(**{"item_id": "a", **wrong})  # type: ignore[arg-type]
