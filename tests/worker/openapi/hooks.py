"""What schemathesis has to be told of this host: how to come from many addresses, what code looks like, and what is put back before it is taken away."""

import atexit
import itertools
import json
import os
from collections import Counter, defaultdict

import requests
import schemathesis

NAMESPACES = "/client/v4/accounts/local/workers/dispatch/namespaces"
CODE = b'export default { fetch: () => new Response("hello") };'
MODULE, SQL = "application/javascript+module", "application/sql"

turn = itertools.count()
# How often which status was answered, by the id of the operation: what became of it all.
statuses = defaultdict(Counter)
session = requests.Session()
session.headers["authorization"] = f"Bearer {os.environ['API_TOKEN']}"

old = ("POST", NAMESPACES, {"name": "old"})
old_script = ("PUT", f"{NAMESPACES}/old/scripts/hello", CODE)
hello = f"{NAMESPACES}/tenants/scripts/hello"
# By the id of the operation that takes away, or changes for good, what other calls are about.
BEFORE = {
    "deleteNamespace": [old],
    "patchNamespace": [old],
    "putNamespace": [old],
    "patchQuota": [old],
    "deleteScripts": [old, old_script, ("PUT", f"{NAMESPACES}/old/scripts/hello/tags", ["old"])],
    "deleteScript": [old, old_script],
    "deleteSecret": [("PUT", f"{hello}/secrets", {"name": "KEY", "text": "s", "type": "secret_text"})],
    "deleteTag": [("PUT", f"{hello}/tags", ["old"])],
    "deleteOutboundSecret": [("PUT", f"{hello}/outbound/secrets", {"name": "KEY", "text": "s"})],
    "deleteNamespaceOutboundSecret": [("PUT", f"{NAMESPACES}/tenants/outbound/secrets", {"name": "KEY", "text": "s"})],
    "deleteQueue": [("PUT", f"{NAMESPACES}/tenants/queues/old", {})],
    "deleteTenant": [("PUT", "/tenant/old", {"name": "Old"})],
    "deleteFeature": [("PUT", "/feature/old", {"default": "on"})],
    "deleteTest": [("PUT", "/test/old", {"variants": [{"name": "a", "percentage": 50}, {"name": "b", "percentage": 50}]})],
    "deleteTunnel": [("PUT", "/tunnel/old", {"origin": "https://old.example.com"})],
    "deleteService": [("PUT", "/service/old", {})],
    "deletePlugin": [("PUT", "/plugin/old", {"plugins": [{"name": "check"}]})],
    "rollbackFeature": [("PUT", "/feature/acme", {"default": "off"}), ("PUT", "/feature/acme", {"default": "on"})],
}


@schemathesis.hook
def before_call(context, case, kwargs):
    # Wrong tokens are counted by the client's network, and there are many of them here, on purpose.
    case.headers["cf-connecting-ip"] = f"192.0.2.{next(turn) % 250}"
    for method, path, body in BEFORE.get(case.operation.definition.raw.get("operationId"), []):
        sent = {"data": body, "headers": {"content-type": MODULE}} if isinstance(body, bytes) else {"json": body}
        answer = session.request(method, case.operation.base_url + path, **sent)
        # What is there already is what is wanted.
        assert answer.ok or answer.status_code == 409, f"{method} {path}: {answer.status_code} {answer.text}"


@schemathesis.hook
def after_call(context, case, response):
    statuses[case.operation.definition.raw["operationId"]][response.status_code] += 1


@atexit.register
def tell():
    with open(os.environ["STATUSES"], "w") as file:
        json.dump(statuses, file)


@schemathesis.serializer(MODULE, SQL)
def as_it_is(context, value):
    return value if isinstance(value, bytes) else str(value).encode()
