"""Translate the template as CloudFormation's SAM transform does, and lint what comes out.

What SAM refuses (an event it does not know, an authorizer that does not exist)
and what it makes of the template (permissions, deployment groups, the API's
definition) is looked at without an AWS account.

usage: translate.py template.yaml [nested.yaml ...]
"""

import json
import logging
import pathlib
import subprocess
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

OUT = pathlib.Path(".cache/translated.json")

# Needed, but the transform wants a value: each is one that its pattern allows.
PARAMETERS = {
    "InstallationId": "check",
    "ConnectWiseClientId": "00000000-0000-0000-0000-000000000000",
    "JwtIssuer": "https://issuer.example",
    "GradualDeployment": "true",
    "Tracing": "on",
}


def uploaded(template):
    """Put S3 addresses where `sam package` would have put them."""
    for resource in template["Resources"].values():
        for name in ("CodeUri", "Location"):
            if resource["Type"].startswith("AWS::Serverless::") and isinstance(resource["Properties"].get(name), str):
                resource["Properties"][name] = (
                    "s3://bucket/key" if name == "CodeUri" else "https://s3.amazonaws.com/bucket/key"
                )
    return template


def main(path, *nested):
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    source = yaml_parse(pathlib.Path(path).read_text())
    before = len(source["Resources"])
    translated = Translator({}, Parser()).translate(uploaded(source), PARAMETERS)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(translated, indent=1, default=str))
    # Unused conditions and redundant dependencies are SAM's way of writing.
    lint = subprocess.run(["cfn-lint", "--ignore-checks", "W", "--", str(OUT)], check=False)
    if lint.returncode:
        sys.exit(lint.returncode)
    alarms = sum(
        r["Type"] == "AWS::CloudWatch::Alarm"
        for p in (path, *nested)
        for r in yaml_parse(pathlib.Path(p).read_text())["Resources"].values()
    )
    print(f"template: OK, {before} resources, {len(translated['Resources'])} after SAM, {alarms} alarms")


if __name__ == "__main__":
    main(*sys.argv[1:])
