"""The migrations and the template say the same table, and go together."""

import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from database import VibeDigestClient

from osem_migrate import Migrator

PROJECT = Path(__file__).parents[1]
TEMPLATE = PROJECT / "infrastructure" / "dynamodb.yml"


def test_the_template_is_current() -> None:
    """It is what the migrations give; write it again after a new one."""
    program = shutil.which("osem-migrate", path=str(Path(sys.executable).parent)) or "osem-migrate"
    command = [program, "export", "cloudformation"]
    exported = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert exported == TEMPLATE.read_text(encoding="utf-8"), (
        "run: osem-migrate export cloudformation -o infrastructure/dynamodb.yml"
    )


def test_the_table_is_as_designed(client: VibeDigestClient) -> None:
    """Keys, on-demand billing, point-in-time recovery and tags."""
    found = client.test_connection()
    assert found["KeySchema"] == [
        {"AttributeName": "digest_date", "KeyType": "HASH"},
        {"AttributeName": "item_id", "KeyType": "RANGE"},
    ]
    assert {one["AttributeName"]: one["AttributeType"] for one in found["AttributeDefinitions"]} == {
        "digest_date": "S",
        "item_id": "S",
    }
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    backups = client.client.describe_continuous_backups(TableName=client.table_name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    tags = client.client.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"]
    assert {one["Key"]: one["Value"] for one in tags} == {"Application": "vibe-digest", "Environment": "dev"}


@pytest.mark.parametrize("env", ["dev", "staging", "prod"])
def test_upgrade_adopts_what_the_template_created(env: str, aws: None) -> None:
    """A stack first, then upgrade: it finds the table as it should be and records the migration."""
    stacks = boto3.client("cloudformation", region_name="us-east-1")
    parameters = [{"ParameterKey": "Environment", "ParameterValue": env}]
    stacks.create_stack(
        StackName=f"vibe-digest-{env}",
        TemplateBody=TEMPLATE.read_text(encoding="utf-8"),
        Parameters=parameters,
    )
    # CloudFormation does this by the template; moto leaves it out of a table.
    boto3.client("dynamodb", region_name="us-east-1").update_continuous_backups(
        TableName=f"VibeDigest-{env}", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    outputs = stacks.describe_stacks(StackName=f"vibe-digest-{env}")["Stacks"][0]["Outputs"]
    exports = {one["ExportName"]: one["OutputValue"] for one in outputs}
    assert exports[f"vibe-digest-{env}-TableName"] == f"VibeDigest-{env}"
    assert exports[f"vibe-digest-{env}-TableArn"].endswith(f":table/VibeDigest-{env}")
    assert Migrator.open(env).upgrade().applied == ("0001_create_table_vibe_digest",)
    assert Migrator.open(env).status().problems == ()
