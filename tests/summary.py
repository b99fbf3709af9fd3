"""Adds up what the test runners left behind, prints the closing line, and fails when anything failed or nothing ran."""
import sys
import xml.etree.ElementTree as ElementTree


def counts_of(path: str) -> tuple[int, int]:
    """Passed and failed: `PASSED FAILED` in a text file, or a JUnit report. A skipped case counts as failed."""
    if path.endswith(".txt"):
        with open(path, encoding="ascii") as text:
            passed, failed = text.read().split()
        return int(passed), int(failed)
    total = bad = 0
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        total += int(suite.get("tests", 0))
        bad += sum(int(suite.get(key, 0)) for key in ("failures", "errors", "skipped"))
    if total == 0:
        print(f"{path}: no test ran; was there none of that name?")
        return 0, 1
    return total - bad, bad


def main() -> int:
    passed = failed = 0
    for path in sys.argv[1:]:
        more_passed, more_failed = counts_of(path)
        passed, failed = passed + more_passed, failed + more_failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
