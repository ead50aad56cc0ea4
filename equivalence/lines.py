"""Lines: what a run says of itself, and a finding, each as a line of JSON, and back."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
from typing import Any

from equivalence.exact import Number
from equivalence.finding import FIELDS, Finding, Verdict, Where, values
from equivalence.records import (
    SCHEMA,
    AskedRecord,
    ClaimRecord,
    DivergenceRecord,
    Environment,
    FrameworkRecord,
    ImplementationRecord,
    LossRecord,
)


class SchemaError(ValueError):
    """A run was written in another schema; the message says which."""


_encode = json.JSONEncoder(allow_nan=False).encode
_NUMBERS = ("got", "exact", "error", "bound", "ulps")
_RECORDS: dict[str, Any] = {
    "frameworks": FrameworkRecord,
    "implementations": ImplementationRecord,
    "divergences": DivergenceRecord,
    "losses": LossRecord,
    "claims": ClaimRecord,
}


def environment_line(environment: Environment, findings: int | None = None) -> str:
    """Line 1 of a run file; that of a run that has ended says how many findings follow."""
    fields = {"kind": "environment", **dataclasses.asdict(environment)}
    if findings is not None:
        fields["findings"] = findings
    return json.dumps(fields, sort_keys=True, allow_nan=False)


def finding_line(finding: Finding) -> str:
    """The line of a finding: ``kind`` and ``cell``, then the fields, numbers as [hex, decimal]."""
    fields: dict[str, Any] = {"kind": "finding", "cell": finding.cell}
    fields |= zip(FIELDS, values(finding), strict=True)
    fields["verdict"] = finding.verdict.value
    if (where := finding.where) is not None:
        fields["where"] = {name: getattr(where, name) for name in ("index", "prediction", "target")}
    return _encode(fields)


def _number(pair: Any) -> Number | None:
    if pair is None:
        return None
    number = Number(str(pair[0]), str(pair[1]))
    float(number)  # what is no number is refused here, and not where it is compared
    return number


def parse_finding(line: str) -> Finding:
    """The finding of a line.

    Raises:
        ValueError, KeyError, TypeError, OverflowError, IndexError: If the line is not one that
            ``finding_line`` writes.
    """
    fields = json.loads(line)
    if fields.pop("kind") != "finding":
        message = "not a finding"
        raise ValueError(message)
    fields.pop("cell")
    fields["verdict"] = Verdict(fields["verdict"])
    for name in _NUMBERS:
        fields[name] = _number(fields[name])
    if fields["where"] is not None:
        where = fields["where"]
        fields["where"] = Where(
            index=tuple(where["index"]),
            prediction=tuple(itertools.starmap(Number, where["prediction"])),
            target=tuple(itertools.starmap(Number, where["target"])),
        )
    return Finding(**_known(Finding, fields))


def parse_environment(line: str) -> tuple[Environment, int | None]:
    """The environment of line 1, and how many findings follow, if it says so.

    Unknown keys are passed over, so that newer files can be read.

    Raises:
        SchemaError: If it was written in another schema.
        ValueError, KeyError, TypeError: If the line is not one that ``environment_line`` writes.
    """
    fields = json.loads(line)
    if fields.pop("kind") != "environment":
        message = "not an environment"
        raise ValueError(message)
    if fields["schema"] != SCHEMA:
        message = f"schema {fields['schema']}, this version reads {SCHEMA}"
        raise SchemaError(message)
    findings = fields.pop("findings", None)
    for name, record in _RECORDS.items():
        fields[name] = tuple(_record(record, entry) for entry in fields[name])
    if fields.get("asked") is not None:
        fields["asked"] = _record(AskedRecord, fields["asked"])
    return Environment(**_known(Environment, fields)), findings


@functools.cache
def _names(kind: Any) -> frozenset[str]:
    return frozenset(attribute.name for attribute in dataclasses.fields(kind))


def _known(kind: Any, fields: dict[str, Any]) -> dict[str, Any]:
    known = _names(kind)
    if fields.keys() == known:
        return fields
    return {name: value for name, value in fields.items() if name in known}


def _record(kind: Any, entry: dict[str, Any]) -> Any:
    values = _known(kind, entry).items()
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values})
