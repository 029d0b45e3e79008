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
    partition = next((found for begin, found in _PARTITIONS.items() if region.startswith(begin)), "aws")
    return f"arn:{partition}:dynamodb:{region}:{account}:table/{name}"
