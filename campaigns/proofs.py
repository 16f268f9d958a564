"""The promises that tests of the suite prove as a whole: which ones, by the names of tests."""

from __future__ import annotations

from campaigns.findings import Effort, Finding, by_tests

TESTS: dict[int, list[tuple[str, str]]] = {
    6: [
        ("tests/artifacts/test_inputs.py", "edits or changes_during or stays_the_same"),
        ("tests/artifacts/test_store.py", "edits or damage or changes or hit"),
        ("tests/artifacts/test_digests.py", ""),
    ],
    10: [("tests/tables", "")],
    12: [
        ("tests/artifacts/test_parquet.py", "bound or fit or batches"),
        ("tests/strings/test_slices.py", ""),
        ("tests/vocabulary/test_vocabulary.py", "large"),
        ("tests/vocabulary/test_counting.py", ""),
    ],
    13: [("tests/training/test_loop.py", "nan or finite")],
    15: [
        ("tests/stages/test_front_end.py", "decides"),
        ("tests/stages/test_parts.py", ""),
        ("tests/stages/test_engines.py", ""),
        ("tests/engines/test_ray_tasks.py", "same_bytes"),
        ("tests/corpus/test_cutting.py", ""),
        ("tests/corpus/test_parts.py", ""),
        ("tests/vocabulary/test_encoding.py", "same_bytes"),
        ("tests/tokenizer/test_plain.py", ""),
    ],
    16: [
        ("tests/artifacts/test_ledger.py", ""),
        ("tests/stages/test_front_end.py", "ledger"),
        ("tests/vocabulary", "account or balance"),
        ("tests/tokenizer/test_rows.py", "count"),
    ],
}
"""{number: (path, what -k takes)}"""


def measure(effort: Effort, part: str) -> dict[int, Finding]:
    """Run the tests of the promise whose number is `part`."""
    found = Finding.counting("failed tests")
    for path, only in TESTS[int(part)]:
        one = by_tests(path, only=only)
        if not one.of:
            one.report("failed tests", f"no test of {path} is called {only}")
        found.add(one)
    return {int(part): found}
