# SPDX-License-Identifier: MIT
"""A client of the web services that is not ours: Python's http.client and ElementTree.

The sandbox judges our client and is judged by this one, and by the real bfabricPy.
"""
import xml.etree.ElementTree as etree
from xml.sax.saxutils import escape

from sandbox_client import ask

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
NEW = "http://endpoint.server.webservice.bfabric.org/"
OLD = "http://endpoint.webservice.component.bfabric.org/"
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}


def elements(value):
    """{"id": [1, 2], "name": "x"} as elements; a dict within becomes elements within."""
    if isinstance(value, dict):
        return "".join(f"<{name}>{elements(one)}</{name}>" for name, many in value.items()
                       for one in (many if isinstance(many, list) else [many]))
    return escape("true" if value is True else "false" if value is False else str(value))


def envelope(operation, parameters, ns=NEW):
    return (f'<e:Envelope xmlns:e="{ENVELOPE}"><e:Body><n:{operation} xmlns:n="{ns}">'
            f"<parameters>{parameters}</parameters></n:{operation}></e:Body></e:Envelope>")


class Answer:
    """What <return> holds; `records` are (classname, id, {element: [values]})."""

    def __init__(self, reply):
        self.status, self.headers, self.body = reply.status, reply.headers, reply.body
        root = etree.fromstring(reply.body)
        operation = root.find(f"{{{ENVELOPE}}}Body")[0]
        self.namespace = operation.tag[1:].split("}")[0]
        self.fault = operation.findtext("faultstring")
        self.result = operation.find("return")
        self.empty = self.result is not None and not len(self.result) and not self.result.text
        self.records = [] if self.result is None else [
            one for one in self.result if len(one) or one.attrib]

    def text(self, name):
        return self.result.findtext(name)

    def ids(self):
        return [int(one.get("id")) for one in self.records]

    def error(self):
        return self.text("errorreport")


def post(server, service, body, headers=None):
    return ask(server, "POST", f"{server.base_url}/{service}", body.encode(),
               HEADERS if headers is None else headers)


def call(server, service, operation, who, parameters, ns=NEW, idonly=False, **more):
    """`who` is (login, password), or a token."""
    login, password = who if isinstance(who, tuple) else ("__oauth__", who)
    common = {"idonly": idonly, "login": login, "password": password}
    body = envelope(operation, elements({**common, **parameters}), ns)
    return Answer(post(server, service, body, **more))


def read(server, service, who, query=None, page=1, **more):
    return call(server, service, "read", who, {"page": page, "query": query or {}}, **more)
