"""Comments that answer a finding in place: ``# nolint: IDX02 reason``."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from osem_migrate.advice import did_you_mean
from osem_migrate.migration import Comment, Extent, Migration
from osem_migrate.planning.lint.lint import Finding
from osem_migrate.planning.lint.rules import RULES
from osem_migrate.planning.status.problem import Severity

MARK = "nolint"
INVALID, UNUSED = "NOL01", "NOL02"

COMMENT_FINDINGS: Mapping[str, str] = {
    INVALID: "a nolint without a rule or without a reason; it answers nothing",
    UNUSED: "a nolint that answers nothing any more",
}
"""What is found in comments: the codes, and what each means."""

FORM = f"# {MARK}: IDX02 why it is all right here"

_CODES = frozenset(rule.code for rule in RULES)
_COMMENT = re.compile(rf"#\s*{MARK}\b\s*:?(?P<said>.*)", re.IGNORECASE)
_SAID = re.compile(r"\s*(?P<codes>[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*)(?P<reason>.*)")


@dataclass(frozen=True, slots=True)
class _Answer:
    comment: Comment
    codes: tuple[str, ...]


def settle(
    findings: Sequence[Finding],
    comments: Sequence[Comment],
    extents: Mapping[int, Extent],
    *,
    judged: Collection[str],
    script: Migration,
) -> Iterator[Finding]:
    """The findings of one script that no comment answers, each with its place; and what is wrong with the comments.

    Args:
        findings: of this script.
        comments: of this script.
        extents: of its operations, by position; one of which nothing is known is left out.
        judged: codes of the rules that would have found everything there is.
        script: they are of.
    """
    answers: list[_Answer] = []
    for comment in comments:
        if (said := _COMMENT.match(comment.text)) is None:
            continue
        codes, complaint = _read(said["said"])
        if complaint is not None:
            yield _about(script, comment, INVALID, complaint, f"Write: {FORM}")
        else:
            answers.append(_Answer(comment, codes))
    used: set[tuple[_Answer, str]] = set()
    for finding in findings:
        extent = extents.get(finding.position) if finding.position is not None else None
        answering = [
            (answer, finding.code)
            for answer in answers
            if extent is not None and finding.code in answer.codes
            and extent.line <= answer.comment.line <= extent.end_line
        ]  # fmt: skip
        used.update(answering)
        if not answering:
            yield _placed(finding, extent)
    for answer in answers:
        line = answer.comment.line
        is_within = any(extent.line <= line <= extent.end_line for extent in extents.values())
        recipe = "Remove it." if is_within else "Move it to a line of the operation that it is about, or remove it."
        for code in answer.codes:
            if (answer, code) not in used and code in judged:
                yield _about(script, answer.comment, UNUSED, f"{code} finds nothing here", recipe)


def _read(said: str) -> tuple[tuple[str, ...], str | None]:
    """The codes, and what is wrong with it."""
    parts = _SAID.fullmatch(said)
    if parts is None:
        return (), "it names no rule"
    codes = tuple(code.strip() for code in parts["codes"].split(","))
    unknown = next((code for code in codes if code not in _CODES), None)
    if unknown is not None:
        return (), f"there is no rule {unknown}{did_you_mean(unknown, _CODES)}"
    if not re.search(r"\w", parts["reason"]):
        return (), f"it gives no reason for {', '.join(codes)}"
    return codes, None


def _placed(finding: Finding, extent: Extent | None) -> Finding:
    return finding if extent is None else replace(finding, line=extent.line, column=extent.column)


def _about(script: Migration, comment: Comment, code: str, message: str, recipe: str) -> Finding:
    return Finding(
        code=code,
        severity=Severity.WARNING,
        migration=script.id,
        position=None,
        file=script.file,
        line=comment.line,
        column=comment.column,
        table=None,
        message=f"nolint: {message}",
        recipe=recipe,
    )
