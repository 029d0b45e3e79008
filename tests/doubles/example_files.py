"""A file of each format that can be read, with everything in it that the reader knows."""

import json
from collections.abc import Mapping
from typing import Any

TEMPLATE = """\
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, AllowedValues: [dev, prod], Default: dev}
  Reads: {Type: Number, Default: 5}
Mappings:
  Days: {dev: {Kept: 1}, prod: {Kept: 35}}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsSmall: !Not [!Condition IsProd]
Globals:
  SimpleTable:
    SSESpecification: {SSEEnabled: true}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties: {BucketName: !ImportValue shared-bucket}
  Orders:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      TableName: !Sub "Orders-${Stage}"
      AttributeDefinitions:
        - {AttributeName: customerId, AttributeType: S}
        - {AttributeName: createdAt, AttributeType: N}
        - {AttributeName: status, AttributeType: S}
      KeySchema:
        - {AttributeName: customerId, KeyType: HASH}
        - {AttributeName: createdAt, KeyType: RANGE}
      BillingMode: !If [IsProd, PROVISIONED, PAY_PER_REQUEST]
      ProvisionedThroughput: !If
        - IsProd
        - {ReadCapacityUnits: !Ref Reads, WriteCapacityUnits: 5}
        - !Ref AWS::NoValue
      GlobalSecondaryIndexes:
        - IndexName: status-index
          KeySchema: [{AttributeName: status, KeyType: HASH}]
          Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [total]}
          ProvisionedThroughput: !If
            - IsProd
            - {ReadCapacityUnits: 1, WriteCapacityUnits: 2}
            - !Ref AWS::NoValue
      LocalSecondaryIndexes:
        - IndexName: status-local
          KeySchema:
            - {AttributeName: customerId, KeyType: HASH}
            - {AttributeName: status, KeyType: RANGE}
          Projection: {ProjectionType: KEYS_ONLY}
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      TimeToLiveSpecification: {AttributeName: expiresAt, Enabled: true}
      PointInTimeRecoverySpecification:
        PointInTimeRecoveryEnabled: true
        RecoveryPeriodInDays: !FindInMap [Days, !Ref Stage, Kept]
      DeletionProtectionEnabled: !If [IsSmall, false, true]
      TableClass: STANDARD_INFREQUENT_ACCESS
      SSESpecification: {SSEEnabled: true, SSEType: KMS}
      Tags:
        - {Key: Owner, Value: !Join ["-", [shop, !Ref Stage]]}
  Carts:
    Type: AWS::Serverless::SimpleTable
    Properties:
      TableName: !Join ["-", [Carts, !Ref Stage]]
      PrimaryKey: {Name: cartId, Type: Number}
      ProvisionedThroughput: {ReadCapacityUnits: 2, WriteCapacityUnits: 3}
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      Tags: {Team: shop}
  Ledger:
    Type: AWS::DynamoDB::GlobalTable
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      TableName: !Sub "Ledger-${Stage}"
      AttributeDefinitions:
        - {AttributeName: entryId, AttributeType: S}
        - {AttributeName: account, AttributeType: S}
      KeySchema: [{AttributeName: entryId, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      GlobalSecondaryIndexes:
        - IndexName: account-index
          KeySchema: [{AttributeName: account, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
          WriteOnDemandThroughputSettings: {MaxWriteRequestUnits: 7}
      WriteOnDemandThroughputSettings: {MaxWriteRequestUnits: 40}
      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
      TimeToLiveSpecification: {AttributeName: expiresAt, Enabled: true}
      SSESpecification: {SSEEnabled: true, SSEType: KMS}
      Replicas:
        - Region: eu-west-1
          ReadOnDemandThroughputSettings: {MaxReadRequestUnits: 90}
          PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
          DeletionProtectionEnabled: true
          TableClass: STANDARD
          Tags: [{Key: Team, Value: ledger}]
"""


def terraform_state() -> dict[str, Any]:
    """What ``terraform show -json`` prints of two tables, one of them in a module."""
    orders = {
        "name": "Orders-dev",
        "billing_mode": "PROVISIONED",
        "read_capacity": 5,
        "write_capacity": 6,
        "hash_key": "customerId",
        "range_key": "createdAt",
        "attribute": [
            {"name": "customerId", "type": "S"},
            {"name": "createdAt", "type": "N"},
            {"name": "status", "type": "S"},
        ],
        "global_secondary_index": [
            {
                "name": "status-index",
                "hash_key": "status",
                "range_key": "",
                "key_schema": [],
                "projection_type": "INCLUDE",
                "non_key_attributes": ["total"],
                "read_capacity": 1,
                "write_capacity": 2,
                "on_demand_throughput": [],
            }
        ],
        "local_secondary_index": [
            {"name": "status-local", "range_key": "status", "projection_type": "KEYS_ONLY", "non_key_attributes": None}
        ],
        "point_in_time_recovery": [{"enabled": True, "recovery_period_in_days": 7}],
        "server_side_encryption": [{"enabled": True, "kms_key_arn": ""}],
        "stream_enabled": True,
        "stream_view_type": "NEW_IMAGE",
        "ttl": [{"attribute_name": "expiresAt", "enabled": True}],
        "table_class": "STANDARD",
        "deletion_protection_enabled": True,
        "tags": {"Team": "shop"},
        "tags_all": {"Team": "shop", "Owner": "platform"},
        "replica": [],
        "on_demand_throughput": [],
    }
    carts = {
        "name": "Carts-dev",
        "billing_mode": "PAY_PER_REQUEST",
        "read_capacity": 0,
        "write_capacity": 0,
        "hash_key": "cartId",
        "range_key": None,
        "attribute": [{"name": "cartId", "type": "B"}],
        "ttl": [{"attribute_name": "", "enabled": False}],
        "stream_enabled": False,
        "stream_view_type": "",
        "tags": None,
        "tags_all": {},
    }
    return {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {
            "root_module": {
                "resources": [resource("orders", orders), {**resource("own", {}), "mode": "data"}],
                "child_modules": [{"address": "module.carts", "resources": [resource("this", carts, index="Carts")]}],
            }
        },
    }


def resource(name: str, values: Mapping[str, Any], *, index: str | None = None) -> dict[str, Any]:
    """One resource of a state."""
    return {
        "address": f"aws_dynamodb_table.{name}",
        "mode": "managed",
        "type": "aws_dynamodb_table",
        "name": name,
        **({"index": index} if index is not None else {}),
        "values": dict(values),
    }


def contract() -> dict[str, Any]:
    """A contract of a table of one entity and one of several, whose index has its keys in one entity only."""

    def attribute(name: str, kind: str) -> dict[str, str]:
        return {"name": name, "type": kind, "source_table": "users", "source_column": name}

    return {
        "tables": [
            {
                "table": "Users",
                "type": "single-entity",
                "source_table": "users",
                "pk": "email",
                "sk": None,
                "gsis": [],
                "attributes": [attribute("email", "S"), attribute("age", "N"), attribute("roles", "SS")],
                "satisfies": ["AP1"],
                "estimated_item_size_bytes": 300,
            },
            {
                "table": "Shop",
                "type": "multi-entity",
                "source_table": "orders",
                "pk": "PK",
                "sk": "SK",
                "gsis": [
                    {
                        "index_name": "by-total",
                        "pk": "customer",
                        "sk": "total",
                        "projection": "INCLUDE",
                        "projected_attributes": ["status"],
                    }
                ],
                "entities": [
                    {
                        "entity_type": "ORDER",
                        "source_table": "orders",
                        "pk_template": "{customer}",
                        "sk_template": "ORDER#{created_at}",
                        "attributes": [
                            attribute("PK", "S"),
                            attribute("SK", "S"),
                            attribute("customer", "S"),
                            attribute("total", "N"),
                        ],
                    },
                    {
                        "entity_type": "CART",
                        "source_table": "carts",
                        "pk_template": "{customer}",
                        "sk_template": "CART#{product_id}",
                        "attributes": [attribute("PK", "S"), attribute("SK", "S")],
                    },
                ],
                "attributes": [],
                "satisfies": ["AP2", "AP3"],
                "estimated_item_size_bytes": 900,
            },
        ]
    }


def workbench() -> dict[str, Any]:
    """A model of one table with an index, facets and sample data."""

    def key(name: str, kind: str) -> dict[str, str]:
        return {"AttributeName": name, "AttributeType": kind}

    def units(reads: int, writes: int) -> dict[str, Any]:
        return {"ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}}

    return {
        "ModelName": "shop",
        "ModelMetadata": {"Author": "", "AWSService": "Amazon DynamoDB", "Version": "3.0"},
        "DataModel": [
            {
                "TableName": "Orders",
                "KeyAttributes": {"PartitionKey": key("pk", "S"), "SortKey": key("sk", "N")},
                "NonKeyAttributes": [key("status", "S"), key("isOpen", "BOOL")],
                "TableFacets": [{"FacetName": "ORDER", "NonKeyAttributes": ["status"]}],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "status-index",
                        "KeyAttributes": {"PartitionKey": key("status", "S")},
                        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["isOpen"]},
                        "ProvisionedCapacitySettings": units(1, 2),
                    }
                ],
                "TableData": [{"pk": {"S": "1"}, "sk": {"N": "2"}}],
                "DataAccess": {"MySql": {}},
                "BillingMode": "PROVISIONED",
                "ProvisionedCapacitySettings": {
                    **units(5, 6),
                    "AutoScalingRead": {"ScalableTargetRequest": {"MinCapacity": 1, "MaxCapacity": 10}},
                },
            }
        ],
    }


EXAMPLES = {
    "cloudformation": TEMPLATE,
    "terraform": json.dumps(terraform_state(), indent=1),
    "contract": json.dumps(contract(), indent=1),
    "workbench": json.dumps(workbench(), indent=1),
}
