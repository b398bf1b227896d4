"""Deploy the template to ministack, an emulator that shares no code with ours.

Our own host reads template.yaml, and could misread it in the same way as we
write it. ministack creates the stack through CloudFormation's API and runs the
functions; this looks at what came of it. It reads no definition of an HTTP API,
so that routes are left to infra's tests and to our host.

usage: witness.py ARCH
"""

import contextlib
import io
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import zipfile

import boto3
from botocore.config import Config
from samcli.yamlhelper import yaml_dump, yaml_parse

REGION = "eu-west-1"
# What ministack cannot create.
UNKNOWN = ["AWS::Events::EventBusPolicy", "AWS::Serverless::Application"]
PARAMETERS = {
    "InstallationId": "witness",
    "ConnectWiseClientId": "00000000-0000-0000-0000-000000000000",
    "JwtIssuer": "https://issuer.example",
}
TICK = '{"v":1,"kind":"tick"}'


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def ministack(log):
    port = free_port()
    env = os.environ | {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    process = subprocess.Popen([os.environ.get("MINISTACK", "ministack")], env=env, stdout=log, stderr=log)
    try:
        wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port, process):
    for _ in range(600):
        if process.poll() is not None:
            sys.exit("ministack ended at its start")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    sys.exit("ministack does not listen")


def artefact(path):
    """The zip that `sam package` would upload."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as z:
        info = zipfile.ZipInfo("bootstrap")
        info.external_attr = 0o755 << 16
        z.writestr(info, path.read_bytes())
    return buffer.getvalue()


def packaged(s3, arch, url):
    template = yaml_parse(pathlib.Path("template.yaml").read_text())
    for name in [k for k, r in template["Resources"].items() if r["Type"] in UNKNOWN]:
        print(f"not looked at: {name} ({template['Resources'].pop(name)['Type']})")
    template["Globals"]["Function"]["Architectures"] = ["x86_64" if arch == "amd64" else arch]
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    variables.update({f"AWS_ENDPOINT_URL_{service}": url for service in ("DYNAMODB", "SQS", "SECRETS_MANAGER", "EVENTBRIDGE")})
    s3.create_bucket(Bucket="artefacts", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            key = f"{name}.zip"
            s3.put_object(Bucket="artefacts", Key=key, Body=artefact(pathlib.Path(f".build/local/{name.lower()}/bootstrap")))
            resource["Properties"]["CodeUri"] = {"Bucket": "artefacts", "Key": key}
    return template


def deploy(cloudformation, template):
    cloudformation.create_stack(
        StackName="witness",
        TemplateBody=yaml_dump(template),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in PARAMETERS.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    for _ in range(300):
        stack = cloudformation.describe_stacks(StackName="witness")["Stacks"][0]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        time.sleep(0.2)
    created = cloudformation.describe_stack_resources(StackName="witness")["StackResources"]
    bad = [r for r in created if r["ResourceStatus"] != "CREATE_COMPLETE"]
    missing = {k for k, r in template["Resources"].items() if "Condition" not in r} - {r["LogicalResourceId"] for r in created}
    if stack["StackStatus"] != "CREATE_COMPLETE" or bad or missing:
        print(stack["StackStatus"], stack.get("StackStatusReason", ""), bad, missing)
        sys.exit("witness: the stack does not come up")
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in created}


def request(method, path, **parameters):
    """An HTTP API event, payload format 2.0."""
    return json.dumps({
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "api.example"},
        "pathParameters": parameters,
        "requestContext": {
            "domainName": "api.example",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": "witness",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    })


def drained(sqs, queue):
    """Whether the queue's mapping takes its messages and finishes them."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    for _ in range(300):
        if not any(int(n) for n in sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values()):
            return True
        time.sleep(0.1)
    return False


def main(arch):
    checks = {}
    pathlib.Path(".cache").mkdir(exist_ok=True)
    with open(".cache/ministack.log", "w") as log, ministack(log) as url:

        def client(name):
            return boto3.client(
                name,
                endpoint_url=url,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 0}, read_timeout=90),
            )

        ids = deploy(client("cloudformation"), packaged(client("s3"), arch, url))

        def invoke(function, event):
            answer = client("lambda").invoke(FunctionName=ids[function], Payload=event)
            return json.loads(answer["Payload"].read() or "null"), "FunctionError" not in answer

        _, checks["usage takes its tick"] = invoke("Usage", TICK)
        sqs = client("sqs")
        sqs.send_message(QueueUrl=ids["SyncQueue"], MessageBody=TICK)
        checks["sync takes its tick"] = drained(sqs, ids["SyncQueue"])
        answer, _ = invoke("Wizard", request("GET", "/v1/openapi.json"))
        checks["wizard answers with its document"] = answer.get("statusCode") == 200
        answer, _ = invoke("Webhook", request("POST", "/callbacks/unknown/unknown", connectionId="unknown", token="unknown"))
        checks["webhook knows no such connection"] = answer.get("statusCode") == 404
    for name, ok in checks.items():
        print("ok  " if ok else "FAIL", name)
    if not all(checks.values()):
        sys.exit("witness: see .cache/ministack.log")
    print(f"witness: OK, {len(ids)} resources, {len(checks)} checks")


if __name__ == "__main__":
    main(sys.argv[1])
