"""Checks the reports that reports.sh has written into the current folder: demo, odd and large, in every format.

`plant` makes the folders that the last two are scans of. `check SCHEMAS` reads every report with the programs and schemas
that others made for its format. Each validator first gets a report with a fault: one that takes everything says nothing.
"""

import copy
import gzip
import json
import platform
import subprocess
import sys
import zlib
from pathlib import Path

HOSTILE = "a<b>&\"'|`@x,\n::error::%0A]]>\u202e\x1b[31m.conf"
# What GitHub takes of one run.
RESULTS, COMPRESSED = 25_000, 10_000_000
OWN_RULE = """
[[custom-rule]]
id = "our-key"
title = "our [key](x) <b>"
category = "secret"
severity = "high"
practice = "store-credentials-securely"
[custom-rule.docs]
what = ""
why = ""
instead = ""
references = ["our wiki", "https://", "https://wiki.test/a page"]
[[custom-rule.detect]]
check = "token"
keywords = ["our_"]
pattern = '(?<secret>our_[a-z0-9]{20})'
confidence = "high"
"""


def token(number):
    """A synthetic token with a right checksum; never written down as a whole anywhere."""
    body = (f"{number:x}" + "r4TkQ7z" * 6)[:40]
    return f"cfut_{body}{zlib.crc32(body.encode()):08x}"


def plant():
    odd, large = Path("odd"), Path("large")
    odd.mkdir()
    large.mkdir()
    (odd / HOSTILE).write_text(f"CLOUDFLARE_API_TOKEN={token(0)}\n")
    (odd / "flaresec.toml").write_text(OWN_RULE)
    (odd / "own.conf").write_text("k = our_" + "k3v9x2m4q8w1z7t5b6n0" + "\n")
    for file in range(13):
        lines = (f"CLOUDFLARE_API_TOKEN_{n}={token(2000 * file + n)}\n" for n in range(2000))
        (large / f"{file}.env").write_text("".join(lines))


def refuses(schema, report, fault):
    """The report is valid, and is not any more with the fault."""
    schema.validate(report)
    broken = copy.deepcopy(report)
    fault(broken)
    assert not schema.is_valid(broken), "the schema takes a report with a fault"


def check_json(run, schemas):
    from jsonschema import Draft202012Validator as Schema

    schema = json.loads(Path(schemas, "report-v1.json").read_text())
    report = json.loads(Path(f"{run}.json").read_text())
    refuses(Schema(schema), report, lambda broken: broken["findings"][0].pop("fingerprint"))
    lines = [json.loads(line) for line in Path(f"{run}.jsonl").read_text().splitlines()]
    for line, name in [(line, "Finding") for line in lines[:-1][:100]] + [(lines[-1], "LastLine")]:
        Schema({"$ref": f"#/$defs/{name}", "$defs": schema["$defs"]}).validate(line)
    count = len(report["findings"])
    assert len(lines) == count + 1
    return count


def check_sarif(run, count, exit_code):
    from jsonschema import Draft202012Validator as Schema

    text = Path(f"{run}.sarif").read_bytes()
    log = json.loads(text)
    assert len(log["runs"][0]["results"]) == min(count, RESULTS)
    assert log["runs"][0]["invocations"][0]["exitCode"] == exit_code
    assert len(gzip.compress(text)) < COMPRESSED
    if not Path("package").exists():
        return
    schema = Schema(json.loads(Path("package/sarif-2.1.0.json").read_text()))
    refuses(schema, log, lambda broken: broken["runs"][0]["results"][0].update(level="bad"))
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        print("reports: SARIF is not checked by its authors' validator, which is for Linux on x86-64")
    elif run != "large":  # takes a minute for that and is about the same results
        assert complaints(f"{run}.sarif") == set()
        log["runs"][0]["tool"]["driver"]["rules"][0]["helpUri"] = "our wiki"
        Path("broken.sarif").write_text(json.dumps(log))
        assert {text.split(":")[0] for text in complaints("broken.sarif")} == {"SARIF1002"}


def complaints(path):
    """What the validator says is wrong. Its exit code is 0 whatever it finds."""
    command = ["package/Sarif.Multitool", "validate", path, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning"]
    command += ["--kind", "Fail", "--output", "verdict.sarif", "--log", "ForceOverwrite"]
    # Without libicu, which it has no use for here.
    done = subprocess.run(command, env={"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done
    run = json.loads(Path("verdict.sarif").read_text())["runs"][0]
    assert run["invocations"][0]["executionSuccessful"]
    lines = [line for line in done.stdout.splitlines() if line.startswith(str(Path(path).resolve()))]
    assert len(lines) == len(run["results"]), done.stdout
    return {line.partition(": error ")[2] or line.partition(": warning ")[2] for line in lines}


def check_junit(run, count):
    import junitparser
    from lxml import etree

    schema = etree.XMLSchema(etree.parse("junit-10.xsd"))
    report = etree.parse(f"{run}.junit.xml")
    # Where a finding is: read by GitLab and CircleCI, unknown to Jenkins, which ignores it.
    for case in report.iter("testcase"):
        case.attrib.pop("file", None)
        case.attrib.pop("line", None)
    schema.assertValid(report)
    report.getroot().set("skipped", "0")
    assert not schema.validate(report)
    suites = junitparser.JUnitXml.fromfile(f"{run}.junit.xml")
    assert sum(suite.failures for suite in suites) == count, suites


def check_checkstyle(run, count):
    """Checkstyle has no schema: what its XMLLogger writes."""
    from lxml import etree

    report = etree.parse(f"{run}.checkstyle.xml").getroot()
    assert report.tag == "checkstyle" and report.get("version")
    assert all(file.tag == "file" and file.get("name") for file in report)
    errors = report.findall("file/error")
    for error in errors:
        assert set(error.keys()) <= {"line", "column", "severity", "message", "source"}, error.attrib
        assert error.get("message") and error.get("source").startswith("flaresec.")
        assert error.get("severity") in {"ignore", "info", "warning", "error"}
    placed = [error for error in errors if error.get("source") != "flaresec.scan"]
    assert all(int(error.get("line")) > 0 and int(error.get("column")) > 0 for error in placed)
    assert len(placed) == count


def check(schemas):
    for run, exit_code in [("demo", 0), ("odd", 2), ("large", 1)]:
        count = check_json(run, schemas)
        check_sarif(run, count, exit_code)
        check_junit(run, count)
        check_checkstyle(run, count)
        assert len(json.loads(Path(f"{run}.quality.json").read_text())) == count
        assert json.loads(Path(f"{run}.secrets.json").read_text())["vulnerabilities"]
        print(f"{run}: {count} findings in every format")
        assert count > {"demo": 3, "odd": 1, "large": RESULTS}[run]


if __name__ == "__main__":
    {"plant": plant, "check": check}[sys.argv[1]](*sys.argv[2:])
