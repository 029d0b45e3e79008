"""What the passes of a plan over items take, and what they would do with a sample of these, as text."""

import json
from typing import TYPE_CHECKING, Any

from osem_migrate import advice
from osem_migrate.cli import output, terminal
from osem_migrate.items.values import json_item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from osem_migrate.planning.forecast import PassForecast
    from osem_migrate.planning.plan import Plan
    from osem_migrate.planning.sample import ItemDifference, Units
    from osem_migrate.schema.item import Item

LONGEST_VALUE = 60
"""Characters of a value that a line of text shows; JSON has it whole."""


def show_forecasts(plan: "Plan") -> None:
    """Print what the passes of a plan take, if it has any."""
    written: set[str] = set()
    for found in plan.forecasts:
        output.echo(f"\n{found.key[0]}  {found.action} {found.physical_name}")
        again = found.physical_name in written
        for text in (*forecast_lines(found), *_sample_lines(found, again=again)):
            output.echo(f"  {text}", hang=4)
        if found.most.written:
            written.add(found.physical_name)
    unasked = any(found.sample is None and found.unsampled is None for found in plan.forecasts)
    if unasked:
        sampled = advice.command(plan.direction, "--dry-run", "--sample", "1000", given={"--to": plan.target})
        output.hint(f"see what would become of some of these items: {sampled}")
    if any(found.lacks_prices for found in plan.forecasts):
        priced = advice.command(plan.direction, "--dry-run", "--price-file", "FILE", given={"--to": plan.target})
        output.hint(f"see dollars by a price list of yours, as docs/items.md shows one: {priced}")


def forecast_lines(found: "PassForecast") -> "Iterator[str]":
    """What a pass takes, and what else happens."""
    yield _count(found)
    yield f"{_units(found.least, found.most)}; {_dollars(found)}"
    if found.seconds is not None and found.rate is not None:
        read, write = found.rate
        rate = f"{read:,.0f}" if read == write else f"{read:,.0f} read and {write:,.0f} write"
        yield f"at least {output.span(found.seconds)} at {rate} units a second"
    yield from (check.text for check in found.checks)
    if found.index_names:
        several = len(found.index_names) > 1
        names = ", ".join(found.index_names)
        yield f"the write units are those of index{'es' if several else ''} {names}, too, as far as these change"
    if found.stream is not None:
        yield f"each item that is written is a record of the stream ({found.stream}), for all who read that"
    if found.unsampled is not None:
        yield f"no sample: {found.unsampled}"
    if found.sample is not None:
        sample = found.sample
        yield f"{sample.changed:,} of {sample.examined:,} looked at would be written ({sample.share:.1%})"


def _count(found: "PassForecast") -> str:
    items = f"{found.items:,} {'item' if found.items == 1 else 'items'}"
    if not found.counted_by_aws:
        return items
    if found.sample is not None and found.items == found.sample.examined:
        return f"{items} or more: DynamoDB has not counted them all yet"
    return f"{items}, {found.size_bytes:,} bytes, by DynamoDB's count, which may be six hours old"


def _units(least: "Units", most: "Units") -> str:
    parts = [(least.read, most.read, "read")]
    if most.written:
        parts.append((least.written, most.written, "write"))
    return " and ".join(f"{_span(low, high)} {noun} units" for low, high, noun in parts)


def _span(low: float, high: float) -> str:
    """``5 to 1,200``, or ``about 1,200`` where both are the same."""
    low, high = round(low), round(high)
    return f"{low:,} to {high:,}" if low != high else f"about {high:,}"


def _dollars(found: "PassForecast") -> str:
    if found.dollars is None:
        return f"no dollars: {found.why_no_dollars}"
    low, high = (f"${dollars:,.2f}" for dollars in found.dollars)
    cost = "less than $0.01" if high == "$0.00" else f"about {high}" if low == high else f"{low} to {high}"
    what = " of what is provisioned anyway" if found.is_prepaid else ""
    return f"{cost}{what}, by the prices of {found.prices_date}"


def _sample_lines(found: "PassForecast", *, again: bool) -> "Iterator[str]":
    sample = found.sample
    if sample is None:
        return
    number = f"{sample.examined:,} {'item' if sample.examined == 1 else 'items'}"
    rest = ", which is all there are" if sample.is_whole else ""
    earlier = ", as they are before what is done above" if again else ""
    yield f"looked at: {number}{rest}, from {output.counted(sample.segments, 'segment')}{earlier}:"
    yield f"  {sample.failed:,} would be set aside"
    if sample.largest is not None:
        yield f"  the largest of those that would be written would have {sample.largest:,} bytes"
    for failure in sample.failures:
        yield f"  {failure.code} {item_text(failure.key)}: {failure.message}"
    for difference in sample.differences:
        yield f"  {item_text(difference.key)}: {_difference(difference)}"


def _difference(difference: "ItemDifference") -> str:
    arrow = "→" if terminal.can_show("→", err=False) else "->"
    before, after = difference.before, difference.after
    if after is None:
        return f"{item_text(before)} {arrow} deleted"
    return f"{item_text(before)} {arrow} {item_text(after)}"


def item_text(item: "Item") -> str:
    """``{fullName "Ada 1", age 36, tags set("a")}``: the type shows in each value, of which a line has room."""
    parts = (f"{name} {_shortened(_text(value))}" for name, value in json_item(item).items())
    return f"{{{', '.join(parts)}}}"


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def _text(value: Any) -> str:
    """A value as people read JSON, and what JSON does not have: sets, and binaries in base64."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return str(content)
        case "L":
            return f"[{', '.join(map(_text, content))}]"
        case "M":
            return f"{{{', '.join(f'{json.dumps(name)}: {_text(part)}' for name, part in content.items())}}}"
        case "SS" | "NS" | "BS":
            return f"set({', '.join(_text({kind[0]: part}) for part in content)})"
        case "B":
            return f"binary {json.dumps(content)}"
    return json.dumps(None if kind == "NULL" else content)
