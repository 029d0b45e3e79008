"""Contracts: which entity, under which name, and where."""

import json
from pathlib import Path
from typing import Any

import pytest

from osem_migrate.access import Contract
from osem_migrate.errors import ArgumentInvalid, ConfigurationError, EntityUnknown, FormatError, UnknownEnvironment
from tests.unit.access.builders import document, entity

CONFIGURATION = """
[tool.osem-migrate]
application = "shop"
table_name = "{application}-{env}-{entity}"

[tool.osem-migrate.environments.dev]
region = "eu-central-1"
profile = "shopper"
endpoint_url = "http://localhost:8000"

[tool.osem-migrate.environments.prod]
name = "Prod"
tables = { Shop = "MyStack-Shop-1ABC" }

[tool.osem-migrate.environments.long]
name = "LONG"
"""


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    """In a folder of a project."""
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION.replace("LONG", "x" * 230))
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "contract.json"
    path.write_text(json.dumps(document()))
    return Contract.load(path)


def test_entities(contract: Contract) -> None:
    """Of several in a table each one; of a table with one kind of item, the table."""
    assert contract.entities == ("Things", "USER", "CART", "ORDER", "NOTE", "EVENT", "LINE", "Counters", "Blobs")
    assert repr(contract) == f"<Contract {contract.path}: {', '.join(contract.entities)}>"


def test_names_are_those_of_the_project(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pattern, the map and the stage of the pyproject.toml above the contract, from whatever working folder."""
    assert contract.repository("ORDER", env="dev").table == "shop-dev-Shop"
    assert contract.repository("ORDER", env="prod").table == "MyStack-Shop-1ABC"
    assert contract.repository("Things", env="prod").table == "shop-Prod-Things"
    assert contract.repository("Things").table == "shop-dev-Things"
    monkeypatch.setenv("OSEM_ENV", "prod")
    assert contract.repository("Things").table == "shop-Prod-Things"
    monkeypatch.setenv("OSEM_DB_PREFIX", "mine-{env}-")
    assert contract.repository("Things", env="dev").table == "mine-dev-Things"


def test_names_without_a_project(contract: Contract) -> None:
    """A pattern or a map in the call; the configuration is not read then."""
    assert contract.repository("ORDER", env="prod", table_name="{entity}-{env}").table == "Shop-prod"
    assert contract.repository("ORDER", tables={"Shop": "T-1ABC"}).table == "T-1ABC"
    assert contract.repository("Things", tables={"Shop": "T-1ABC"}, table_name="{entity}-{env}").table == "Things-dev"


def test_the_place_is_that_of_the_project(contract: Contract) -> None:
    """Region, profile and endpoint of the environment; what is given goes before. One session for each place."""
    configured = contract.repository("ORDER", env="dev")._session
    assert configured._chosen == ("eu-central-1", "http://localhost:8000", "shopper")
    assert contract.repository("CART", env="dev")._session is configured
    given = contract.repository("ORDER", env="dev", region="us-east-1", endpoint_url="http://localhost:9", profile="me")
    assert given._session._chosen == ("us-east-1", "http://localhost:9", "me")
    assert contract.repository("ORDER", env="prod")._session._chosen == (None, None, None)


def test_names_that_there_are_not(contract: Contract, tmp_path: Path) -> None:
    """No project, no environment, no name: each says what to give."""
    with pytest.raises(UnknownEnvironment, match="environment 'stage' is not configured"):
        contract.repository("ORDER", env="stage")
    with pytest.raises(ConfigurationError, match="a name has 3 to 255 characters"):
        contract.repository("Counters", env="long", table_name="{entity}" + "-x" * 200)
    with pytest.raises(ConfigurationError, match="tables has no name for 'Things'"):
        contract.repository("Things", tables={"Shop": "T-1ABC"})
    with pytest.raises(ConfigurationError, match="which is no field"):
        contract.repository("Things", table_name="{stage}-{entity}")
    (tmp_path / "pyproject.toml").unlink()
    with pytest.raises(ConfigurationError, match=r"no pyproject\.toml with a"):
        contract.repository("ORDER", env="dev")


def test_a_name_that_is_too_long_for_the_project(contract: Contract) -> None:
    """As upgrade would refuse it."""
    document_ = document()
    document_["tables"][2]["table"] = "Counters" * 5
    contract.path.write_text(json.dumps(document_))
    with pytest.raises(ConfigurationError, match="a name has 3 to 255 characters"):
        Contract.load(contract.path).repository("Counters" * 5, env="long")


def test_the_local_engine_has_no_address_by_itself(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes to AWS that is meant for an engine on this machine."""
    with pytest.raises(ConfigurationError, match="nothing says at which address") as refused:
        contract.repository("ORDER", env="local")
    assert refused.value.remediation.endswith("the address that this tells: configured_engine(project).status()")
    assert contract.repository("ORDER", env="local", endpoint_url="http://localhost:5").table == "shop-local-Shop"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:5")
    assert contract.repository("ORDER", env="local").table == "shop-local-Shop"


def test_entities_that_there_are_not(contract: Contract) -> None:
    """The nearest name, and all there are; where two tables have one, which is to be said."""
    with pytest.raises(EntityUnknown, match=r"has no entity 'ORDRE'; did you mean 'ORDER'\? \(there are: Things, USER"):
        contract.repository("ORDRE", env="dev")
    with pytest.raises(EntityUnknown, match="has no entity 'ORDER' in table 'Things'"):
        contract.repository("ORDER", table="Things", env="dev")
    twice = document()
    twice["tables"].append(
        {**twice["tables"][1], "table": "Archive", "entities": [entity("ORDER", "#META")], "gsis": []}
    )
    contract.path.write_text(json.dumps(twice))
    both = Contract.load(contract.path)
    with pytest.raises(EntityUnknown, match="tables 'Shop' and 'Archive' have an entity 'ORDER'"):
        both.repository("ORDER", env="dev")
    assert both.repository("ORDER", table="Archive", env="dev").table == "shop-dev-Archive"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"entity": 5}, "entity takes a text"),
    ({"env": 5}, "env takes a text or None"),
    ({"env": ""}, "env takes the name of an environment, not ''"),
    ({"env": "", "table_name": "shop-{env}-{entity}"}, "env takes the name of an environment, not ''"),
    ({"table_name": 5}, "table_name takes a text or None"),
    ({"tables": {"Shop": 5}}, r"tables\['Shop'\] takes a text"),
    ({"tables": [1]}, "tables takes a mapping of texts to texts"),
    ({"region": 5}, "region takes a text or None"),
    ({"forms": [1]}, "forms takes a mapping"),
    ({"retries": 5}, "retries takes Retries or None"),
]


@pytest.mark.parametrize(("arguments", "says"), WRONG)
def test_wrong_arguments_are_named(contract: Contract, arguments: dict[str, Any], says: str) -> None:
    """An empty environment is a variable that was not set, and never dev."""
    with pytest.raises(ArgumentInvalid, match=f"^Contract.repository: {says}"):
        contract.repository(**{"entity": "USER", **arguments})


def test_an_empty_pattern_is_none(contract: Contract) -> None:
    """It is not the name of the table as it is."""
    with pytest.raises(ConfigurationError, match=r"'' contains \{entity\} never"):
        contract.repository("USER", table_name="")


@pytest.mark.parametrize("path", [5, None, b"contract.json"])
def test_what_is_no_path_is_named(path: Any) -> None:
    """It is a text or a Path."""
    with pytest.raises(ArgumentInvalid, match=r"^Contract\.load: path takes a text or PathLike"):
        Contract.load(path)


def test_a_path_that_no_file_can_have() -> None:
    """Like one that no file has."""
    with pytest.raises(FormatError, match="the file cannot be read: embedded null byte"):
        Contract.load("a\0b")


def test_files_that_are_none(tmp_path: Path) -> None:
    """Each with its place."""
    with pytest.raises(FormatError, match=r"no\.json: the file cannot be read: No such file") as caught:
        Contract.load(str(tmp_path / "no.json"))
    assert caught.value.code == "FILE_NOT_READABLE"
    with pytest.raises(FormatError, match="the file cannot be read: Is a directory"):
        Contract.load(tmp_path)
    (tmp_path / "bad.json").write_text('{"tables": [{"table": "T", "pk": "id"}]}')
    with pytest.raises(FormatError, match=r"bad\.json: /tables/0/pk: nothing says of which type"):
        Contract.load(tmp_path / "bad.json")
