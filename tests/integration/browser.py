# SPDX-License-Identifier: MIT
"""A browser without a window: keeps cookies, reads forms, presses buttons, as a person would.

    answer = Browser(server).approve(authorize_url)   # signs in, approves
    answer.location                                   # where it would go next: the client's callback

As a program it is what $BROWSER names in a test: `browser.py [--deny] URL` decides, goes back to
the client and prints the page that the person would see in the end. URL may be a file: that leads
on to the real address, so that it need not stand in a command line.

It never leaves the server on its own: the way back to the client is handed out, or taken by
follow(), so that a test can look at it, change it or send it twice.
"""
import html
import html.parser
import http.client
import http.cookiejar
import os
import re
import ssl
import sys
import types
import urllib.parse
import urllib.request


class _Forms(html.parser.HTMLParser):
    """All forms of a page: action, fields with their values, buttons by (name, value)."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append({"action": attrs.get("action", ""), "fields": {}, "buttons": []})
        elif self.forms and tag == "input" and attrs.get("name"):
            self.forms[-1]["fields"][attrs["name"]] = attrs.get("value", "")
        elif self.forms and tag == "button" and attrs.get("name"):
            self.forms[-1]["buttons"].append((attrs["name"], attrs.get("value", "")))


class Page:
    """What a request brought: status, headers, text, and location where it redirects."""

    def __init__(self, url, answer):
        self.url, self.status, self.headers = url, answer.status, answer.headers
        self.text = answer.read().decode(errors="replace")
        location = answer.headers["Location"]
        self.location = urllib.parse.urljoin(url, location) if location else None

    @property
    def forms(self):
        return _Forms(self.text).forms

    @property
    def answer(self):
        """The parameters of location, as a dictionary; a repeated one is a list."""
        pairs = urllib.parse.parse_qs(urllib.parse.urlsplit(self.location or "").query,
                                      keep_blank_values=True)
        return {name: values[0] if len(values) == 1 else values for name, values in pairs.items()}


class Browser:
    def __init__(self, server):
        self.server = server
        self.jar = http.cookiejar.CookieJar()

    def request(self, url, form=None):
        """One request; redirects are not followed, cookies are kept."""
        parts = urllib.parse.urlsplit(url)
        data = None if form is None else urllib.parse.urlencode(form).encode()
        request = urllib.request.Request(url, data=data)
        self.jar.add_cookie_header(request)
        if parts.scheme == "https":
            link = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=60,
                context=ssl.create_default_context(cafile=self.server.ca_file))
        else:
            link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        headers = dict(request.header_items())
        if data is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            link.request(request.get_method(), urllib.parse.urlunsplit(("", "", parts.path or "/",
                                                                        parts.query, "")),
                         data, headers)
            answer = link.getresponse()
            page = Page(url, answer)
            self.jar.extract_cookies(_Answer(answer), request)
            return page
        finally:
            link.close()

    def press(self, page, value, **fields):
        """Fills the form that has this button and presses it."""
        for form in page.forms:
            for name, button in form["buttons"]:
                if button == value:
                    return self.request(urllib.parse.urljoin(page.url, form["action"]),
                                        {**form["fields"], **fields, name: button})
        raise AssertionError(f"no button {value!r} on {page.url}: {page.status} {page.text[-300:]}")

    def decide(self, url, button, user=None, password=""):
        """Signs in if asked, presses Approve or Deny if asked; the last page, not yet followed."""
        page = self.stay(self.request(url))
        if page.location is None and 'value="sign-in"' in page.text:
            page = self.stay(self.press(page, "sign-in", password=password,
                                        **({"username": user} if user else {})))
        if page.location is None and page.status == 200:
            page = self.stay(self.press(page, button))
        return page

    def stay(self, page):
        """Where redirects lead as long as they stay on the server: some put pages between."""
        here = urllib.parse.urlsplit(page.url).netloc
        while page.location and urllib.parse.urlsplit(page.location).netloc == here:
            page = self.request(page.location)
        return page

    def approve(self, url, user=None, follow=False):
        """The page whose location is the way back to the client; with follow, the client's page."""
        page = self.decide(url, "approve", user)
        return self.follow(page) if follow else page

    def deny(self, url, user=None, follow=False):
        page = self.decide(url, "deny", user)
        return self.follow(page) if follow else page

    def follow(self, page):
        """Goes where the page redirects to, as far as it leads."""
        while page.location:
            page = self.request(page.location)
        return page


class _Answer:
    """What a cookie jar wants to see of an answer."""

    def __init__(self, answer):
        self.answer = answer

    def info(self):
        return self.answer.headers


def address_in(path):
    """The first web address in a page that only leads on to it."""
    with open(path, encoding="utf-8") as page:
        found = re.search(r"""https?://[^"'<>\s]+""", page.read())
    if not found:
        raise SystemExit("browser.py: the file leads nowhere")
    return html.unescape(found.group())


def main(arguments):
    button = "deny" if "--deny" in arguments else "approve"
    url = arguments[-1]
    if url.startswith("file:"):
        url = address_in(urllib.request.url2pathname(urllib.parse.urlsplit(url).path))
    browser = Browser(types.SimpleNamespace(ca_file=os.environ.get("SSL_CERT_FILE")))
    page = browser.follow(browser.decide(url, button))
    print(page.status, page.text)


if __name__ == "__main__":
    main(sys.argv[1:])
