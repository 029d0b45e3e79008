"""examples/vibe-digest: its tests pass in a copy, and its template and README say what they should."""

import re
from pathlib import Path

import pytest
import yaml

from tests.documentation import shown
from tests.examples.copied import EXAMPLES, copied, run_tests
from tests.unit.formats.test_cloudformation import lint

PROJECT = EXAMPLES / "vibe-digest"
TEMPLATE = (PROJECT / "infrastructure" / "dynamodb.yml").read_text(encoding="utf-8")


@pytest.mark.slow
def test_its_tests_pass_in_a_copy(tmp_path: Path) -> None:
    """In parallel, and with the coverage that it asks for; a template that is not current is seen."""
    project = copied("vibe-digest", tmp_path)
    said = run_tests(project, "--numprocesses=2")
    assert "2 workers" in said
    coverage = re.search(r"Total coverage: ([\d.]+)%", said)
    assert coverage is not None, said
    assert float(coverage[1]) > 90


def test_its_template_is_what_a_team_expects_of_one() -> None:
    """Environments to choose from, recovery, tags, a table that stays, and exports by which other stacks find it."""
    assert lint(TEMPLATE) == []
    template = yaml.safe_load(re.sub(r"!(\w+)", "", TEMPLATE))
    assert template["Parameters"]["Environment"]["AllowedValues"] == ["dev", "staging", "prod"]
    (table,) = template["Resources"].values()
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = table["Properties"]
    assert properties["TableName"] == "VibeDigest-${Environment}"
    assert [key["AttributeName"] for key in properties["KeySchema"]] == ["digest_date", "item_id"]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert {tag["Key"] for tag in properties["Tags"]} == {"Application", "Environment"}
    assert {output["Export"]["Name"] for output in template["Outputs"].values()} == {
        "${AWS::StackName}-TableName",
        "${AWS::StackName}-TableArn",
    }


def test_its_readme_begins_with_two_commands() -> None:
    """One installs, one tests; that and nothing else is needed."""
    first, *_ = shown.blocks(shown.read(PROJECT / "README.md"), "sh")
    install, test = first.splitlines()
    assert install.startswith("python -m pip install ")
    assert test == "python -m pytest"
