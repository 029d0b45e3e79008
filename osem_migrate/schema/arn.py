"""ARNs of tables, in whichever partition of AWS their region lies."""

_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
}


def table_arn(name: str, *, region: str, account: str) -> str:
    """The ARN of a table by its physical name; region and account may be ``*``."""
    return f"arn:{_partition(region)}:dynamodb:{region}:{account}:table/{name}"


def key_arn(name: str, *, region: str, account: str) -> str:
    """The ARN of a key of KMS; all three may be ``*``."""
    return f"arn:{_partition(region)}:kms:{region}:{account}:key/{name}"


def _partition(region: str) -> str:
    return next((found for begin, found in _PARTITIONS.items() if region.startswith(begin)), "aws")
