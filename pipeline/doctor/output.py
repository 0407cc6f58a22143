"""Findings as lines for people, or as one JSON object."""

import json
from collections.abc import Iterable
from dataclasses import asdict

from pipeline.config.version import distribution_version, source_commit
from pipeline.doctor.findings import Finding

SCHEMA = "doctor/1"
MARKS = {"ok": "ok", "note": "note", "fail": "FAIL", "skipped": "-"}
NAME_WIDTH = 12


def finding_line(finding: Finding) -> str:
    name = f"{finding.node} {finding.check}" if finding.node else finding.check
    return f"{MARKS[finding.status]:4}  {name:{NAME_WIDTH}} {finding.text}"


def findings_json(findings: Iterable[Finding]) -> str:
    """`ok`: whether nothing failed. The meanings are in docs/installation.md."""
    found = list(findings)
    body = {
        "schema": SCHEMA,
        "ok": all(one.status != "fail" for one in found),
        "version": distribution_version(),
        "commit": source_commit(),
        "findings": [asdict(one) for one in found],
    }
    return json.dumps(body, indent=1)
