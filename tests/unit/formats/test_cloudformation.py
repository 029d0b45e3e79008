"""CloudFormation: functions and parameters, the three kinds of table, what no script can say, and what is written."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from osem_migrate.errors import FormatError, FormatUnresolved
from osem_migrate.formats import Export, ExportedEnvironment, Given, read, write
from osem_migrate.operations import (
    CreateTable,
    SetBilling,
    SetDeletionProtection,
    SetEncryption,
    SetPointInTimeRecovery,
    SetStream,
    SetTags,
    SetTimeToLive,
)
from osem_migrate.schema import Index, Key, S, Schema, Throughput
from tests.doubles.example_files import TEMPLATE
from tests.unit.formats.test_round_trip import export

KEY = "arn:aws:kms:us-east-1:123456789012:key/0b0c9a4e-1d4b-4a0e-9a57-5b8f3f5b0001"
HEAD = (
    "Parameters: {Stage: {Type: String}, Size: {Type: Number, Default: 5}, "
    "Names: {Type: CommaDelimitedList, Default: 'a, b'}}\n"
)

ONE_TYPE = "AttributeDefinitions: [{AttributeName: a, AttributeType: S}]\n"
ONE_KEY = ONE_TYPE + "KeySchema: [{AttributeName: a, KeyType: HASH}]\n"
ON_DEMAND = ONE_KEY + "BillingMode: PAY_PER_REQUEST\n"


def template(properties: str, *, head: str = HEAD, kind: str = "AWS::DynamoDB::Table") -> str:
    """A template with one table."""
    body = "".join(f"      {line}\n" for line in properties.splitlines())
    return f"{head}Resources:\n  T:\n    Type: {kind}\n    Properties:\n{body}"


def named(expression: str, *, head: str = HEAD, **values: str) -> str | None:
    """What a table is called whose name is given by an expression."""
    text = template(
        f"TableName: {expression}\nBillingMode: PAY_PER_REQUEST\n"
        "AttributeDefinitions: [{AttributeName: a, AttributeType: S}]\nKeySchema: [{AttributeName: a, KeyType: HASH}]",
        head=head,
    )
    (found,) = read(
        text, file="t.yml", given=Given(values={name.replace("__", "::"): v for name, v in values.items()})
    ).tables
    return found.physical_name


@pytest.mark.parametrize(
    ("expression", "values", "name"),
    [
        ("!Ref Stage", {"Stage": "x-y"}, "x-y"),
        ("!Sub 'orders-${Stage}'", {"Stage": "dev"}, "orders-dev"),
        ("!Sub 'a-${!Stage}-${ Size }'", {}, "a-${Stage}-5"),
        ("!Sub ['${a}-${b}', {a: !Ref Stage, b: true}]", {"Stage": "${Size}"}, "${Size}-true"),
        ("!Sub ['${AWS::Partition}-x']", {}, "aws-x"),
        ("!Sub '${AWS::Region}-x'", {"AWS__Region": "eu-west-1"}, "eu-west-1-x"),
        ("!Join ['-', [a, !Ref Size, !Ref Stage]]", {"Stage": "p"}, "a-5-p"),
        ("!Join ['-', !Ref Names]", {}, "a-b"),
        ("!Select [1, !Ref Names]", {}, "b"),
        ("!Select ['0', !Split ['/', 'x/y']]", {}, "x"),
        ("!FindInMap [M, !Ref Stage, n]", {"Stage": "p"}, "mapped-5"),
        ("!If [IsProd, big, small]", {"Stage": "prod"}, "big"),
        ("!If [IsProd, big, small]", {"Stage": "dev"}, "small"),
        ("!If [Either, big, !If [Neither, tiny, small]]", {"Stage": "x"}, "tiny"),
        ("!If [Both, big, small]", {"Stage": "prod"}, "big"),
        ("!GetAtt Other.Name", {"Other.Name": "given"}, "given"),
        ("!GetAtt [Other, Name]", {"Other.Name": "given"}, "given"),
        ("!ImportValue shared", {"shared": "given"}, "given"),
        ("'{{resolve:ssm:/name}}'", {"resolve:ssm:/name": "given"}, "given"),
        ("!Ref AWS::NoValue", {}, None),
    ],
)
def test_functions(expression: str, values: dict[str, str], name: str | None) -> None:
    """Functions are worked out with the values given, else with defaults; what is put in is not read again."""
    head = HEAD + (
        "Mappings: {M: {p: {n: !Join ['-', [mapped, !Ref Size]]}}}\n"
        "Conditions:\n"
        "  IsProd: !Equals [!Ref Stage, prod]\n"
        "  IsFive: !Equals [!Ref Size, '5']\n"
        "  Either: !Or [!Condition IsProd, !Equals [a, b]]\n"
        "  Both: !And [!Condition IsProd, {Condition: IsFive}]\n"
        "  Neither: !Not [!Condition Either]\n"
    )
    assert named(expression, head=head, **values) == name


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("!Ref Stage", "t.yml:6: /Resources/T/Properties/TableName/Ref: parameter Stage has no default"),
        ("!Ref Nobody", "only a deployment knows the value of Nobody"),
        ("!Sub '${AWS::StackName}-x'", "only a deployment knows the value of AWS::StackName"),
        ("!GetAtt A.B", "only a deployment knows the value of A.B"),
        ("!ImportValue {'Fn::Sub': 'x'}", "only a deployment knows the value of x"),
        ("!Cidr [a, b]", "Fn::Cidr cannot be worked out without deploying"),
        ("'{{resolve:ssm:/a}}'", "only a deployment knows the value of resolve:ssm:/a"),
        ("!Ref Secret", "parameter Secret is read from Systems Manager"),
    ],
)
def test_what_only_a_deployment_knows(expression: str, says: str) -> None:
    """The error has the place, and how to give the value."""
    head = HEAD.replace(
        "Parameters: {", "Parameters: {Secret: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}, "
    )
    with pytest.raises(FormatUnresolved) as refused:
        named(expression, head=head)
    assert says in refused.value.message
    assert ("--parameter" in refused.value.advice) != ("Cidr" in expression)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("!Sub ['a', {}, {}]", "Fn::Sub takes a text, or a list"),
        ("!Join [a]", "two values are wanted here"),
        ("!Join ['-', x]", "a list is wanted here, not 'x'"),
        ("!Select [5, [a]]", "there is no element 5 in a list of 1"),
        ("!Split ['', a]", "Fn::Split takes a delimiter"),
        ("!If [IsProd, a]", "Fn::If takes a condition and two values"),
        ("!If [Nobody, a, b]", "there is no condition 'Nobody'"),
        ("!If [Circle, a, b]", "condition 'Circle' depends on itself"),
        ("!If [Odd, a, b]", "Fn::Odd is no condition"),
        ("!If [Plain, a, b]", "a condition is one of"),
        ("!FindInMap [M, a]", "Fn::FindInMap takes the name of a mapping"),
        ("!FindInMap [M, a, b]", "mapping M has no a/b"),
        ("!Ref Choice", "'c' is none of the values that parameter Choice allows"),
        ("!Ref [a]", "a text is wanted here, not a list"),
        ("5", "a text is wanted here, not 5"),
        ("!Join ['-', [!Ref 'AWS::NoValue', !If [IsSmall, !Ref 'AWS::NoValue', x], {a: 1}]]", "a text is wanted here"),
        ("!Sub ['${a}', {a: !Ref 'AWS::NoValue'}]", "AWS::NoValue stands where a value is wanted"),
    ],
)
def test_malformed_functions(expression: str, says: str) -> None:
    """Each is refused with its place."""
    head = HEAD.replace("Parameters: {", "Parameters: {Choice: {Type: String, AllowedValues: [a, b], Default: c}, ") + (
        "Mappings: {M: {x: {y: z}}}\n"
        "Conditions:\n  IsProd: !Equals [a, b]\n  IsSmall: !Equals [a, a]\n  Circle: !Not [!Condition Circle]\n"
        "  Odd: !Odd [a]\n  Plain: yes\n"
    )
    with pytest.raises(FormatError) as refused:
        named(expression, head=head, Stage="dev")
    assert says in refused.value.message
    assert re.match(r"t\.yml:\d+: /", refused.value.message)


@pytest.mark.parametrize(
    ("stages", "stage"), [((), "dev"), (("prod",), "prod"), (("Prod", "prod"), "prod"), (("qa",), "dev")]
)
def test_the_environment_chooses_the_stage(stages: tuple[str, ...], stage: str) -> None:
    """A parameter that is called so takes the environment's name where it allows that, else its default."""
    reading = read(TEMPLATE, file="t.yml", given=Given(stages=stages))
    assert [found.physical_name for found in reading.tables] == [
        f"{name}-{stage}" for name in ("Orders", "Carts", "Ledger")
    ]


def test_a_table() -> None:
    """All that a Table says is read; of capacity, what suits its billing."""
    tables = read(TEMPLATE, file="t.yml", given=Given(stages=("prod",))).schema.tables
    orders = tables["Orders"]
    assert [key.name for key in orders.keys] == ["customerId", "createdAt"]
    assert SetBilling.of(orders) == SetBilling.provisioned("Orders", read=5, write=5)
    assert orders.indexes == (Index("status-index", S("status"), None, "INCLUDE", ["total"], Throughput(1, 2)),)
    assert [(index.name, index.projection) for index in orders.local_indexes] == [("status-local", "KEYS_ONLY")]
    assert orders.setting(SetPointInTimeRecovery) == SetPointInTimeRecovery("Orders", enabled=True, days=35)
    assert orders.setting(SetDeletionProtection) == SetDeletionProtection("Orders", enabled=True)
    assert orders.setting(SetEncryption) == SetEncryption("Orders", "AWS_MANAGED")
    assert orders.setting(SetTags) == SetTags("Orders", {"Owner": "shop-prod"})
    small = read(TEMPLATE, file="t.yml").schema.tables["Orders"]
    assert (SetBilling.of(small).mode, small.indexes[0].throughput) == ("PAY_PER_REQUEST", None)


def test_a_simple_table() -> None:
    """SAM's own defaults: its globals, an id of text, on-demand."""
    carts = read(TEMPLATE, file="t.yml").schema.tables["Carts"]
    assert (carts.partition_key, SetBilling.of(carts).throughput) == (Key("cartId", "N"), Throughput(2, 3))
    assert carts.setting(SetEncryption) == SetEncryption("Carts", "AWS_MANAGED")
    (bare,) = read("Resources: {T: {Type: 'AWS::Serverless::SimpleTable'}}", file="t.yml").schema.tables.values()
    assert (bare.partition_key, SetBilling.of(bare).mode) == (S("id"), "PAY_PER_REQUEST")


def test_a_global_table() -> None:
    """It is read as it is in the region that is given; other replicas, and autoscaling, are noted."""
    more = TEMPLATE + (
        "        - Region: us-east-1\n"
        "          ReadOnDemandThroughputSettings: {MaxReadRequestUnits: 11}\n"
        "          SSESpecification: {KMSMasterKeyId: '" + KEY + "'}\n"
    )
    here = read(more, file="t.yml", given=Given(values={"AWS::Region": "us-east-1"}))
    ledger = here.schema.tables["Ledger"]
    assert SetBilling.of(ledger).throughput == Throughput(11, 40)
    assert ledger.setting(SetEncryption) == SetEncryption("Ledger", KEY)
    assert [note.text for note in here.notes] == [
        "no script can declare a replica; the table is read as it is in us-east-1"
    ]
    scaled = template(
        "TableName: T\n"
        "AttributeDefinitions: [{AttributeName: a, AttributeType: S}, {AttributeName: b, AttributeType: S}]\n"
        "KeySchema: [{AttributeName: a, KeyType: HASH}]\n"
        "GlobalSecondaryIndexes:\n- IndexName: b-index\n  KeySchema: [{AttributeName: b, KeyType: HASH}]\n"
        "  Projection: {ProjectionType: ALL}\n"
        "WriteProvisionedThroughputSettings: {WriteCapacityAutoScalingSettings: {MinCapacity: 2, SeedCapacity: 4}}\n"
        "SSESpecification: {SSEEnabled: false}\n"
        "Replicas:\n- Region: x\n  ReadProvisionedThroughputSettings: {ReadCapacityUnits: 3}\n"
        "  KinesisStreamSpecification: {}",
        kind="AWS::DynamoDB::GlobalTable",
    )
    reading = read(scaled, file="t.yml")
    table = reading.schema.tables["T"]
    assert SetBilling.of(table).throughput == Throughput(3, 4)
    assert table.setting(SetEncryption) == SetEncryption("T", "AWS_OWNED")
    assert [note.place.rpartition("/")[2] for note in reading.notes] == [
        "WriteCapacityAutoScalingSettings",
        "KinesisStreamSpecification",
    ]


SCALED = "WriteProvisionedThroughputSettings: {WriteCapacityAutoScalingSettings: {MinCapacity: 2}}"


@pytest.mark.parametrize(
    ("properties", "says"),
    [
        (ONE_KEY + "Replicas: [{Region: x}]", "the capacity is missing"),
        (ONE_KEY + "Replicas: []", "at least one replica"),
        (
            ONE_KEY + "Replicas: [{Region: x, ReadProvisionedThroughputSettings: {}}]\n" + SCALED,
            "the capacity is missing",
        ),
    ],
)
def test_a_global_table_that_cannot_be(properties: str, says: str) -> None:
    """Without a replica, or without the capacity of one side, it is refused."""
    with pytest.raises(FormatError, match=says):
        read(template(properties, kind="AWS::DynamoDB::GlobalTable"), file="t.yml")


def test_what_no_script_can_say() -> None:
    """It is told with its place: unknown members, what loops would make, and tables of conditions that do not hold."""
    text = template(
        "TableName: T\nBillingMode: PAY_PER_REQUEST\nAttributeDefinitions: [{AttributeName: a, AttributeType: S}]\n"
        "KeySchema: [{AttributeName: a, KeyType: HASH}]\nContributorInsightsSpecification: {Enabled: true}",
        head="Conditions: {Never: !Equals [a, b]}\n",
    ) + (
        "  U:\n    Type: AWS::DynamoDB::Table\n    Condition: Never\n    Properties: 5\n"
        "  Fn::ForEach::Tables: [x, [y], {}]\n"
        "  V:\n    Type: AWS::Serverless::SimpleTable\n"
    )
    reading = read(text, file="t.yml")
    no_script = "no script can declare it; a table made by its script has none"
    assert [note.describe() for note in reading.notes] == [
        f"t.yml:10: /Resources/T/Properties/ContributorInsightsSpecification: {no_script}",
        "t.yml:11: /Resources/U: left out, because condition Never does not hold",
        "t.yml:15: /Resources/Fn::ForEach::Tables: what it would make is not read",
        "t.yml:16: /Resources/V: it has no TableName, so only the stack knows what it is called",
    ]


IMPOSSIBLE = {
    "no partition key": ("AttributeDefinitions: []\nKeySchema: []", "/KeySchema: no element is the partition key"),
    "no type": (
        "AttributeDefinitions: []\nKeySchema: [{AttributeName: a, KeyType: HASH}]",
        "/KeySchema/0/AttributeName: nothing says of which type the key attribute 'a' is",
    ),
    "another type": (
        "AttributeDefinitions: [{AttributeName: a, AttributeType: X}]",
        "/AttributeDefinitions/0/AttributeType: 'X' is none of S, N, B",
    ),
    "two types": (
        "AttributeDefinitions: [{AttributeName: a, AttributeType: S}, {AttributeName: a, AttributeType: N}]",
        "/AttributeDefinitions/1/AttributeType: attribute 'a' is N here and S at /Resources",
    ),
    "no capacity": (ONE_KEY, "ProvisionedThroughput is missing"),
    "an alias of a key": (
        ON_DEMAND + "SSESpecification: {SSEEnabled: true, KMSMasterKeyId: alias/mine}",
        "encryption takes AWS_OWNED, AWS_MANAGED or the ARN",
    ),
    "a tag twice": (ON_DEMAND + "Tags: [{Key: a, Value: b}, {Key: a, Value: 5}]", "/Tags/1: tag 'a' stands here twice"),
    "a local index of no key": (
        ON_DEMAND + "LocalSecondaryIndexes: [{IndexName: abc, KeySchema: [{AttributeName: a, KeyType: HASH}]}]",
        "/LocalSecondaryIndexes/0: a local index has one sort key",
    ),
    "two partition keys": (
        ONE_TYPE + "KeySchema: [{AttributeName: a, KeyType: HASH}, {AttributeName: a, KeyType: HASH}]",
        "a table has one partition key and at most one sort key",
    ),
    "a time to live of no attribute": (
        ON_DEMAND + "TimeToLiveSpecification: {Enabled: true}",
        "/TimeToLiveSpecification: AttributeName is missing",
    ),
    "too many days": (
        ON_DEMAND + "PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 99}",
        "keeps 1 to 35 days, not 99",
    ),
}


@pytest.mark.parametrize(("properties", "says"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be(properties: str, says: str) -> None:
    """A table that DynamoDB would refuse is refused here, with the place."""
    with pytest.raises(FormatError) as refused:
        read(template(properties), file="t.yml")
    assert says in refused.value.message


def test_plain_values_of_tags() -> None:
    """A number or a boolean is a text in a tag."""
    text = template(
        "BillingMode: PAY_PER_REQUEST\nAttributeDefinitions: [{AttributeName: a, AttributeType: S}]\n"
        "KeySchema: [{AttributeName: a, KeyType: HASH}]\nTags: [{Key: a, Value: 5}, {Key: b, Value: true}]"
    )
    assert read(text, file="t.yml").schema.tables["T"].setting(SetTags) == SetTags("T", {"a": "5", "b": "true"})


def rich() -> Schema:
    """A table with every setting, and one whose name can be no logical ID."""
    schema = CreateTable(
        "Orders",
        S("id"),
        indexes=[Index("by-owner", (S("ownerId"), S("region")), S("status"), throughput=Throughput(3, None))],
        settings=[
            SetStream("Orders", "NEW_IMAGE"),
            SetTimeToLive("Orders", "expiresAt"),
            SetPointInTimeRecovery("Orders", enabled=True, days=7),
            SetEncryption("Orders", KEY),
            SetTags("Orders", {"Team": "shop", "Old": None}),
        ],
    ).apply(Schema())
    return CreateTable("order-items.v2", S("id")).apply(schema)


def test_a_written_template(tmp_path: Path) -> None:
    """Tables stay when the stack goes; names, ARNs and streams are exported; the parameter has the environments."""
    text = write("cloudformation", export(rich(), "dev", "prod")).text
    assert lint(text) == []
    assert "TableName: !Sub 'osem-${Environment}-Orders'" in text
    template_ = yaml.safe_load(re.sub(r"!(\w+)", "", text))
    assert template_["Parameters"]["Environment"]["AllowedValues"] == ["dev", "prod"]
    orders, items = template_["Resources"]["Orders"], template_["Resources"]["orderItemsV2"]
    assert {orders["DeletionPolicy"], orders["UpdateReplacePolicy"]} == {"Retain"}
    assert orders["Properties"]["PointInTimeRecoverySpecification"]["RecoveryPeriodInDays"] == 7
    assert orders["Properties"]["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] == {"MaxReadRequestUnits": 3}
    assert items["Metadata"] == {"osem-migrate": {"Table": "order-items.v2"}}
    assert "Metadata" not in orders
    assert {name: output["Export"]["Name"] for name, output in template_["Outputs"].items()} == {
        name: f"${{AWS::StackName}}-{name}"
        for name in ("OrdersName", "OrdersArn", "OrdersStreamArn", "orderItemsV2Name", "orderItemsV2Arn")
    }


def test_the_outputs_of_the_only_table_do_not_name_it() -> None:
    """Other stacks import ${AWS::StackName}-TableName and -TableArn; the resource is called as ever."""
    schema = CreateTable("Orders", S("id"), settings=[SetStream("Orders", "NEW_IMAGE")]).apply(Schema())
    text = write("cloudformation", export(schema, "dev", "prod")).text
    assert lint(text) == []
    template_ = yaml.safe_load(re.sub(r"!(\w+)", "", text))
    assert list(template_["Resources"]) == ["Orders"]
    assert {name: output["Export"]["Name"] for name, output in template_["Outputs"].items()} == {
        name: f"${{AWS::StackName}}-{name}" for name in ("TableName", "TableArn", "TableStreamArn")
    }
    assert [output["Value"] for output in template_["Outputs"].values()] == ["Orders", "Orders.Arn", "Orders.StreamArn"]


def test_environments_that_differ() -> None:
    """A value that follows the environment's name is a field; any other is chosen by a condition; nothing is lost."""

    def environment(name: str, *settings: object, physical: str) -> ExportedEnvironment:
        schema = CreateTable("T", S("id"), settings=list(settings)).apply(Schema())
        return ExportedEnvironment(name=name, schema=schema, names={"T": physical})

    protected = SetDeletionProtection("T", enabled=True)
    environments = [
        environment("dev", SetTags("T", {"Env": "dev"}), physical="T-dev"),
        environment("prod-eu", SetTags("T", {"Env": "prod-eu"}), protected, physical="T-prod-eu"),
        environment("qa", SetTags("T", {"Env": "qa"}), physical="Stack-T-1AB"),
    ]
    text = write("cloudformation", Export(application="x", environments=environments)).text
    assert lint(text) == []
    assert "Value: !Ref 'Environment'" in text
    assert "IsProdEu: !Equals [!Ref 'Environment', prod-eu]" in text
    for one in environments:
        (found,) = read(text, file="t.yml", given=Given(stages=(one.name,))).tables
        assert found.physical_name == one.names["T"]
        protection = found.table.setting(SetDeletionProtection)
        assert (protection is not None and protection.enabled) == (one.name == "prod-eu")
        assert found.table.setting(SetTags) == SetTags("T", {"Env": one.name})


def test_names_that_are_no_template() -> None:
    """What looks like a field in a name of an attribute is no field, also where environments differ."""

    def environment(name: str, attribute: str) -> ExportedEnvironment:
        schema = CreateTable("T", S("id"), settings=[SetTimeToLive("T", attribute)]).apply(Schema())
        return ExportedEnvironment(name=name, schema=schema, names={"T": f"T-{name}"})

    environments = [environment("dev", "${dev}"), environment("prod", "${prod}")]
    text = write("cloudformation", Export(application="x", environments=environments)).text
    for name in ("dev", "prod"):
        (found,) = read(text, file="t.yml", given=Given(stages=(name,))).tables
        assert found.table.setting(SetTimeToLive) == SetTimeToLive("T", f"${{{name}}}")


def test_names_that_collide() -> None:
    """Logical IDs and outputs are unique, whatever the tables are called."""
    schema = Schema()
    for name in ("a.b", "a-b", "T", "TStream", "__"):
        schema = CreateTable(name, S("id"), settings=[SetStream(name, "KEYS_ONLY")]).apply(schema)
    text = write("cloudformation", export(schema)).text
    assert lint(text) == []
    assert set(read(text, file="t.yml").schema.tables) == set(schema.tables)


def test_the_example_is_a_good_template() -> None:
    """What the tests read is what CloudFormation would take: SAM's and global tables, which no engine makes."""
    assert lint(TEMPLATE) == []


def lint(text: str) -> list[str]:
    """What cfn-lint says of a template: errors and warnings."""
    cfnlint = import_module("cfnlint.api")  # which takes two seconds, on the workers that need it
    config = cfnlint.ManualArgs(regions=["us-east-1"])
    return [str(match) for match in cfnlint.lint(text, config=config)]
