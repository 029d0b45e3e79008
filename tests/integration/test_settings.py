"""Every change of a setting into every other, on each engine: it comes about, or is told at once."""

import time
from collections.abc import Sequence
from itertools import combinations, permutations
from pathlib import Path

import pytest

from osem_migrate import UpgradeOptions
from osem_migrate.config import Project
from osem_migrate.deployment.connection import Connection
from osem_migrate.errors import PartialError
from osem_migrate.local.moto_process import let_streams_change, let_tags_be_replaced
from osem_migrate.migrator import Migrator
from tests.doubles.project import ENVIRONMENTS, write_project
from tests.doubles.simulated_aws import TUNNEL, SimulatedAws
from tests.engines.engine import Engine

ARN = '"arn:aws:kms:us-east-1:123456789012:key/0b0c9a4e-1d4b-4a0e-9a57-5b8f3f5b0001"'
VALUES = {
    "SetStream": ["None", *(f'"{view}"' for view in ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"))],
    "SetTimeToLive": ['"a"', '"b"', "None, enabled=False"],
    "SetPointInTimeRecovery": ["True, 7", "True", "False"],
    "SetDeletionProtection": ["True", "False"],
    "SetTableClass": ['"STANDARD"', '"STANDARD_INFREQUENT_ACCESS"'],
    "SetEncryption": ['"AWS_OWNED"', '"AWS_MANAGED"', ARN],
    "SetTags": ['{"a": "1"}', '{"a": "2", "b": None}', '{"a": None, "b": "3"}'],
    "SetBilling": ['"PAY_PER_REQUEST"', '"PROVISIONED", Throughput(5, 5)', '"PROVISIONED", Throughput(6, 4)'],
}


def scripts(kind: str) -> dict[str, str]:
    """A table for each ordered pair of values: it gets the one, then the other."""
    pairs = [*enumerate(permutations(VALUES[kind], 2))]
    bodies: Sequence[Sequence[str]] = (
        [f'CreateTable("T{at}", S("id"))' for at, _ in pairs],
        [f'{kind}("T{at}", {first})' for at, (first, _) in pairs],
        [f'{kind}("T{at}", {second})' for at, (_, second) in pairs],
    )
    return {f"000{number}_it": f"operations = [{', '.join(body)}]" for number, body in enumerate(bodies, 1)}


def walk(kind: str) -> dict[str, str]:
    """One table that goes from each value to each other once: a round through the complete directed graph."""
    values = VALUES[kind]
    visited = [*(value for first, second in combinations(values, 2) for value in (first, second)), values[0]]
    steps = ", ".join(f'{kind}("T", {value})' for value in visited)
    return {"0001_it": f'operations = [CreateTable("T", S("id")), {steps}]'}


def apply(migrator: Migrator) -> float:
    """Carry all of it out, and say how many seconds that took."""
    began = time.monotonic()
    assert migrator.upgrade(UpgradeOptions(allow_data_loss=True)).applied
    return time.monotonic() - began


def on(project: Project, endpoint_url: str | None = None) -> Migrator:
    """A new one."""
    return Migrator.open("dev", project=project, connection=Connection(endpoint_url=endpoint_url))


@pytest.mark.parametrize("kind", VALUES)
def test_on_aws(aws: SimulatedAws, tmp_path: Path, kind: str) -> None:
    """And it is as declared afterwards."""
    project = write_project(tmp_path, scripts(kind), TUNNEL)
    apply(aws.migrator(project))
    assert aws.migrator(project).status().in_sync


@pytest.mark.parametrize("kind", VALUES)
def test_on_moto(moto_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """As the embedded engine runs it."""
    from moto.dynamodb.models import DynamoDBBackend  # noqa: PLC0415
    from moto.dynamodb.models.table import Table  # noqa: PLC0415 - restored afterwards

    monkeypatch.setattr(Table, "set_stream_specification", Table.set_stream_specification)
    monkeypatch.setattr(DynamoDBBackend, "tag_resource", DynamoDBBackend.tag_resource)
    let_streams_change()
    let_tags_be_replaced()
    project = write_project(tmp_path, walk(kind), ENVIRONMENTS)
    assert apply(on(project, moto_server)) < 60
    assert on(project, moto_server).status().in_sync


@pytest.mark.parametrize("kind", VALUES)
def test_on_dynamodb_local(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """What it does not keep is no drift."""
    for name, text in engine.environ().items():
        monkeypatch.setenv(name, text)
    project = write_project(tmp_path, walk(kind), ENVIRONMENTS)
    assert apply(on(project)) < 60
    assert on(project).status().in_sync


def test_what_an_emulator_cannot_do_is_told_at_once(moto_server: str, tmp_path: Path) -> None:
    """Moto takes a stream that ever was on for one that is; its refusal looks like a table that is busy."""
    views = 'SetStream("T", "KEYS_ONLY"), SetStream("T", "NEW_IMAGE")'
    project = write_project(tmp_path, {"0001_it": f'operations = [CreateTable("T", S("id")), {views}]'}, ENVIRONMENTS)
    began = time.monotonic()
    with pytest.raises(PartialError, match="Cannot enable stream"):
        on(project, moto_server).upgrade(UpgradeOptions(allow_data_loss=True))
    assert time.monotonic() - began < 30


def test_a_tag_is_set_again_and_again_on_moto(
    moto_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the embedded engine runs it, the last value is there; moto keeps all, and pages of more than 10 never end."""
    from moto.dynamodb.models import DynamoDBBackend  # noqa: PLC0415 - restored afterwards

    monkeypatch.setattr(DynamoDBBackend, "tag_resource", DynamoDBBackend.tag_resource)
    let_tags_be_replaced()
    tags = ", ".join(f'SetTags("Teams", {{"Team": "t{number}"}})' for number in range(12))
    project = write_project(
        tmp_path, {"0001_it": f'operations = [CreateTable("Teams", S("id")), {tags}]'}, ENVIRONMENTS
    )
    apply(on(project, moto_server))
    assert on(project, moto_server).status().in_sync
    client = on(project, moto_server).session.dynamodb()
    arn = client.describe_table(TableName="osem-dev-Teams")["Table"]["TableArn"]
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "Team", "Value": "t11"}]
