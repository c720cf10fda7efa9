# SPDX-License-Identifier: MIT
"""bfabric doctor: each check is made to fail once, and says what to do; no secret, no hanging."""
import json
import os
import pathlib
import re
import socket
import threading
import time

import harness
from terminal import Terminal
from test_exec import UNSHARE

FAR = 4102444800  # 2100
CANARY = "canary-0f8a61d2-canary"


class Case(harness.TestCase):
    def setUp(self):
        self.home = self.enterContext(harness.Home())

    def env(self, **more):
        """As on a machine where all is well: nothing to warn of."""
        return self.home.env(**{"BFABRIC_LIBEXEC": None, **more})

    def doctor(self, *arguments, program=None, **more):
        """(findings, exit status); the JSON is checked on the way."""
        program = program or harness.BUILD / "helper" / "bfabric-full"
        # The full program by itself, as the installed front would start it.
        result = self.home.run("bfabric", "doctor", "--json", *arguments,
                               executable=program, **{"env": self.env(), **more})
        found = result.json()
        self.assertEqual(set(found), {"version", "healthy", "errors", "warnings", "findings"})
        self.assertEqual(found["version"], 1)
        for one in found["findings"]:
            self.assertEqual(list(one), ["section", "check", "result", "text", "advice"])
            self.assertIn(one["result"], ("ok", "warning", "error"))
            self.assertTrue(one["text"])
            self.assertEqual(one["advice"] is None, one["result"] == "ok", one)
        counts = [sum(one["result"] == name for one in found["findings"])
                  for name in ("error", "warning")]
        self.assertEqual(counts, [found["errors"], found["warnings"]])
        self.assertEqual((found["healthy"], result.status), (not counts[0], 1 if counts[0] else 0))
        self.assertEqual(result.err, "")
        return found["findings"]

    def assertFound(self, findings, section, check, result, *said):
        """One of the findings is this, and text or advice has these words."""
        same = [one for one in findings if (one["section"], one["check"], one["result"])
                == (section, check, result)]
        for one in same:
            if all(word in f"{one['text']} {one['advice']}" for word in said):
                return
        self.fail(f"{section}/{check}: {result} with {said} is not in\n"
                  + "\n".join(map(str, findings)))

    def assertAllWell(self, findings, except_for=()):
        self.assertEqual([one for one in findings if one["result"] != "ok"
                          and (one["section"], one["check"]) not in except_for], [])


class Well(Case):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(harness.Sandbox(tls=True))
        self.reply = self.home.login(self.server)
        self.home.run("bfabric", "configure", "git")

    def test_nothing_to_complain_of(self):
        findings = self.doctor()
        self.assertAllWell(findings, [("tools", "programs")])
        self.assertEqual({one["section"] for one in findings},
                         {"config", "files", "login", "store", "server", "git", "tools"})
        self.assertFound(findings, "server", "certificate", "ok", "issued by", "days left")
        self.assertFound(findings, "server", "clock", "ok", "agrees")
        text = json.dumps(findings)
        for name in ("access_token", "refresh_token"):
            self.assertNotIn(self.reply[name], text)
        self.assertRegex(text, "SHA-256 [0-9a-f]{12}")

    def test_nothing_is_changed(self):
        before = self.home.files()
        cache = self.home.place(self.server.base_url).read_bytes()
        requests = len(self.server.log())
        self.doctor()
        self.assertEqual(self.home.files(), before)
        self.assertEqual(self.home.place(self.server.base_url).read_bytes(), cache)
        new = self.server.log()[requests:]
        self.assertEqual([line["endpoint"] for line in new if line["endpoint"] != "control"],
                         ["discovery"])

    def test_offline(self):
        self.server.stop()
        findings = self.doctor("--offline")
        self.assertAllWell(findings, [("tools", "programs")])
        self.assertNotIn("reachable", [one["check"] for one in findings])

    def test_text_fits(self):
        for columns in (40, 80):
            with Terminal(self.home.command("bfabric", "doctor"), self.env(
                    BFABRIC_LIBEXEC=harness.BUILD / "helper"), columns=columns,
                    cwd=self.home.home) as terminal:
                self.assertEqual(terminal.status(), 0)
            for line in terminal.text.splitlines():
                # A path or URL is not broken, so that it can be copied.
                self.assertTrue(len(line) <= columns or len(line.split()) <= 2, line)
                self.assertTrue(line.isascii(), line)

    def test_ascii_where_the_locale_is_not_utf8(self):
        self.home.write_config(self.server.base_url, extra="Zürich:\n  base_url: ftp://x\n")
        for lang, ascii_only in (("C", True), ("C.UTF-8", False)):
            result = self.home.run("bfabric", "doctor", "--offline", env=self.home.env(LANG=lang))
            self.assertEqual(result.out.isascii(), ascii_only, repr(result))
            self.assertIn("Z?rich" if ascii_only else "Zürich", result.out)


class Configuration(Case):
    def test_no_configuration(self):
        findings = self.doctor()
        self.assertFound(findings, "config", "environment", "error", "log in")
        self.assertFound(findings, "config", "files", "ok", "there is no configuration")

    def test_broken(self):
        self.home.write_config(text="A: [\n")
        self.assertFound(self.doctor(), "config", "syntax", "error", ".bfabricpy.yml")

    def test_permissions(self):
        self.home.write_config("https://b.lab.org/bfabric").chmod(0o644)
        self.assertFound(self.doctor("--offline"), "config", "files", "warning", "chmod go=")
        self.home.config_file.chmod(0o666)
        self.assertFound(self.doctor("--offline"), "config", "files", "error", "chmod go-w")

    def test_fifo(self):
        os.mkfifo(self.home.config_file, 0o600)
        begun = time.monotonic()
        self.assertFound(self.doctor(), "config", "files", "error", "FIFO")
        self.assertLess(time.monotonic() - begun, 15)

    def test_environment(self):
        self.home.write_config("https://b.lab.org/bfabric", extra="B:\n  base_url: ftp://x\n")
        findings = self.doctor("--offline")
        self.assertFound(findings, "config", "other environments", "warning", "B", "mend or remove")
        self.assertFound(self.doctor("--offline", "--env", "C"), "config", "environment", "error",
                         "SANDBOX", "--env")

    def test_override(self):
        override = json.dumps({"client": {"base_url": "https://b.lab.org/bfabric"}, "auth": {
            "login": "__oauth__", "password": CANARY}})
        findings = self.doctor("--offline", env=self.env(BFABRICPY_CONFIG_OVERRIDE=override))
        self.assertFound(findings, "config", "files", "warning", "unset BFABRICPY_CONFIG_OVERRIDE")
        self.assertFound(findings, "tools", "variables", "warning", "BEARER_TOKEN_FILE")
        self.assertNotIn(CANARY, json.dumps(findings))

    def test_site_file(self):
        site = self.home.write("site.yml", "A:\n  base_url: https://b.lab.org/bfabric\n", 0o666)
        self.assertFound(self.doctor("--offline", env=self.env(BFABRIC_SITE_CONFIG=site)),
                         "config", "files", "error", "site.yml")


class Files(Case):
    def setUp(self):
        super().setUp()
        self.url = "https://b.lab.org/bfabric"
        self.home.write_config(self.url)
        self.cache = self.home.write_cache(self.url, {"access_token": CANARY, "expires_at": FAR})

    def found(self, *what):
        findings = self.doctor("--offline")
        self.assertNotIn(CANARY, json.dumps(findings))
        self.assertFound(findings, *what)

    def test_cache(self):
        self.cache.chmod(0o640)
        self.found("files", "tokens", "warning", "other users can read", "chmod go=")
        self.cache.chmod(0o620)
        self.found("files", "tokens", "error", "other users can write", "chmod go=")
        self.cache.rename(self.home.home / "elsewhere")
        self.cache.symlink_to(self.home.home / "elsewhere")
        self.found("files", "tokens", "error", "symbolic link", "replace it")

    def test_folder(self):
        self.home.tokens.chmod(0o777)
        self.found("files", "tokens", "error", "other users can write")
        self.home.tokens.rename(self.home.home / "moved")
        self.home.tokens.symlink_to(self.home.home / "moved")
        self.found("files", "tokens", "error", "symbolic link")

    def test_somebody_elses(self):
        if os.geteuid():
            self.skipTest("only root can give files away")
        os.chown(self.cache, 12345, 12345)
        self.found("files", "tokens", "error", "uid 12345", "sudo")

    def test_home(self):
        findings = self.doctor("--offline", env=self.env(HOME="/nonexistent/x"))
        self.assertFound(findings, "files", "home", "error", "set HOME")

    def test_full_disk(self):
        script = (f"mount -t tmpfs -o size=64k,mode=700 none {self.home.home}; cd; "
                  "exec bfabric doctor --json --offline")
        result = self.home.run(*UNSHARE, "sh", "-ec", script)
        self.assertFound(result.json()["findings"], "files", "home", "error", "make room")

    def test_runtime_directory(self):
        (self.home.runtime / "bfabric").symlink_to("/tmp")
        self.found("files", "runtime directory", "error", "XDG_RUNTIME_DIR")
        findings = self.doctor("--offline", env=self.env(XDG_RUNTIME_DIR="/"))
        if os.geteuid():
            self.assertFound(findings, "files", "runtime directory", "warning", "unset XDG")

    def test_lock(self):
        lock = self.home.place(self.url, ".json.lock")
        lock.mkdir()
        self.found("files", "lock", "warning", "directory", "runtime")


class Login(Case):
    def setUp(self):
        super().setUp()
        self.url = "https://b.lab.org/bfabric"
        self.home.write_config(self.url)

    def found(self, *what):
        self.assertFound(self.doctor("--offline"), *what)

    def test_none(self):
        self.found("login", "token", "error", "not logged in", "log in")

    def test_expired(self):
        self.home.write_cache(self.url, {"access_token": CANARY, "expires_at": 1700000000})
        self.found("login", "token", "error", "expired", "log in")
        self.found("login", "renewal", "warning", "log in again")
        self.home.write_cache(self.url, {"access_token": CANARY, "expires_at": 1700000000,
                                         "refresh_token": "r"})
        self.found("login", "token", "ok", "the next use renews it")

    def test_refresh_refused(self):
        with harness.Sandbox() as server:
            reply = self.home.login(server, mint={"lifetime": 1})
            server.control("revoke-family", refresh_token=reply["refresh_token"])
            time.sleep(1.1)
            self.assertExit(self.home.run("bfabric", "token"), 4)
            self.found("login", "renewal", "error", "refused", "log in")

    def test_refused_token(self):
        self.home.write_cache(self.url, {"access_token": CANARY, "expires_at": FAR})
        self.home.write(self.home.place(self.url, ".rejected"), "0" * 64 + "\n")
        self.found("login", "refused token", "warning", "permission")

    def test_record(self):
        record = self.home.place(self.url, ".session")
        self.home.write(record, '{"version": 99}')
        self.found("login", "record", "error", "that version")
        self.home.write(record, "{")
        self.found("login", "record", "warning", "remove the file")

    def test_rescue_copy(self):
        self.home.write(self.home.place(self.url, ".rescued"), "{}")
        self.found("login", "rescue copy", "warning", "make room")

    def test_store(self):
        self.home.write_config(self.url, own={"store": "keyring"})
        self.found("login", "store", "ok", "keyring")
        self.home.write_config(self.url, auth_method="client_credentials",
                               own={"client_secret_file": "/nonexistent/secret"})
        self.found("login", "store", "warning", "/nonexistent/secret is missing")


class Server(Case):
    def test_nobody_there(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.home.write_config(f"http://127.0.0.1:{taken.getsockname()[1]}/bfabric")
            self.assertFound(self.doctor(), "server", "reachable", "error", "cannot reach", "VPN")

    def test_no_such_name(self):
        self.home.write_config("https://no-such-host.invalid/bfabric")
        self.assertFound(self.doctor(), "server", "reachable", "error", "no-such-host.invalid")

    def test_one_that_never_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            self.home.write_config(f"http://127.0.0.1:{silent.getsockname()[1]}/bfabric")
            begun = time.monotonic()
            findings = self.doctor()
        self.assertFound(findings, "server", "reachable", "error")
        self.assertFound(findings, "config", "environment", "ok")
        self.assertLess(time.monotonic() - begun, 20)

    def test_certificates(self):
        with harness.Sandbox(tls=True) as server:
            self.home.write_config(server.base_url)
            self.assertFound(self.doctor(), "server", "reachable", "error", "certificate", "ca_file")
            self.home.write_config(server.base_url, own={"ca_file": "/nonexistent.pem"})
            findings = self.doctor()
            self.assertFound(findings, "server", "certificate authorities", "error",
                             "/nonexistent.pem", "ca_file")
            findings = self.doctor(env=self.env(SSL_CERT_FILE=server.ca_file))
            self.assertFound(findings, "server", "certificate authorities", "error")
            self.home.write_config(server.base_url)
            findings = self.doctor(env=self.env(SSL_CERT_FILE=server.ca_file))
            self.assertFound(findings, "server", "certificate authorities", "ok", "SSL_CERT_FILE")
            self.assertFound(findings, "server", "reachable", "ok")

    def test_proxy(self):
        self.home.write_config("https://b.lab.org/bfabric")
        proxy = f"http://me:{CANARY}@127.0.0.1:9"
        findings = self.doctor(env=self.env(https_proxy=proxy))
        self.assertFound(findings, "server", "proxy", "ok", "http://127.0.0.1:9, from https_proxy")
        self.assertFound(findings, "server", "reachable", "error", "proxy")
        self.assertNotIn(CANARY, json.dumps(findings))

    def test_discovery(self):
        for settings, result, said in (({"discovery": "absent"}, "warning", "usual addresses"),
                                       ({"fault": ["discovery=503"]}, "error", "few minutes")):
            with harness.Sandbox(**settings) as server:
                self.home.write_config(server.base_url)
                self.assertFound(self.doctor(), "server", "discovery", result, said)

    def answer(self, head, body):
        """A server of one answer; {base} in it is its address."""
        listener = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        base = f"http://127.0.0.1:{listener.getsockname()[1]}/bfabric"

        def serve():
            link, _ = listener.accept()
            with link:
                link.recv(65536)
                text = body.replace("{base}", base)
                link.sendall((f"HTTP/1.1 200 OK\r\n{head}Content-Type: application/json\r\n"
                              f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}")
                             .encode())
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 5)
        self.home.write_config(base)
        return self.doctor()

    def test_addresses_elsewhere(self):
        findings = self.answer("", '{"issuer": "{base}", "token_endpoint": "https://evil.org/t"}')
        self.assertFound(findings, "server", "discovery", "error", "evil.org", "administrators")
        self.assertFound(findings, "server", "clock", "ok", "does not say")

    def test_clock(self):
        for shift, result in ((3600, "error"), (-3600, "error"), (100, "warning"), (5, "ok")):
            date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + shift))
            findings = self.answer(f"Date: {date}\r\n", '{"issuer": "{base}"}')
            self.assertFound(findings, "server", "clock", result,
                             *(["timedatectl"] if result != "ok" else []))


class Git(Case):
    def setUp(self):
        super().setUp()
        self.url = "https://b.lab.org/bfabric"
        self.home.write_config(self.url)

    def git(self, *arguments):
        self.assertExit(self.home.run("git", "config", "--global", *arguments), 0)

    def found(self, *what, **more):
        findings = self.doctor("--offline", **more)
        self.assertNotIn(CANARY, json.dumps(findings))
        self.assertFound(findings, "git", *what)

    def configure(self):
        self.assertExit(self.home.run("bfabric", "configure", "git"), 0)

    def test_not_configured(self):
        self.found("helpers", "warning", "does not ask us", "bfabric configure git")
        self.git("credential.helper", f"!f() {{ echo password={CANARY}; }}; f")
        self.found("helpers", "warning", "but another helper")

    def test_another_helper(self):
        self.git("--add", "credential.helper", "store")
        self.configure()
        self.found("helpers", "ok", "nobody else")
        self.assertFalse(self.asked("store"))
        self.git("--unset-all", "credential.helper")
        for key in ("credential.helper", "credential.https://b.lab.org.helper",
                    "credential.https://me@b.lab.org/.helper", "credential.https://*.lab.org.helper"):
            self.git("--add", key, f"!f() {{ echo password={CANARY}; }}; f")
            self.found("helpers", "error", "would keep the token", ".gitconfig")
            if "@" not in key:  # asked for that user only, which is bad enough
                self.assertTrue(self.asked("echo"), key)
            self.git("--unset", key, "echo")
        self.git("--add", "credential.https://other.org.helper", "store")
        self.git("--add", "credential.https://b.lab.org/some/path.helper", "store")
        self.found("helpers", "ok", "nobody else")
        self.assertFalse(self.asked("store"))

    def asked(self, word):
        """Does git itself ask a helper with this word in it?"""
        result = self.home.run("git", "credential", "fill", input="protocol=https\nhost=b.lab.org\n\n",
                               env=self.env(GIT_TRACE="1"))
        return any(word in line for line in result.err.splitlines() if "run_command" in line)

    def test_one_in_the_repository(self):
        self.configure()
        work = self.home.home / "work"
        harness.git("init", "--quiet", work)
        harness.git("-C", work, "config", "credential.helper", "store")
        result = harness.run([harness.FRONT, "doctor", "--json", "--offline"], self.home.env(), cwd=work)
        self.assertFound(result.json()["findings"], "git", "helpers", "error", ".git/config")

    def test_fixed_header(self):
        self.git("http.https://b.lab.org/.extraHeader", f"Authorization: Bearer {CANARY}")
        self.found("helpers", "warning", "http.extraHeader")

    def test_broken_configuration(self):
        self.home.write(".gitconfig", "[oops\n")
        self.found("helpers", "error", "git config --list")

    def test_plain_files(self):
        self.home.write(".netrc", f"machine b.lab.org login me password {CANARY}\n")
        self.found("plain files", "warning", ".netrc", "remove that entry")
        self.home.write(".git-credentials", f"https://me:{CANARY}@b.lab.org\n")
        self.found("plain files", "warning", ".git-credentials", "remove that line")
        self.home.write(".config/git/credentials", f"https://me:{CANARY}@b.lab.org:443/x\n")
        self.found("plain files", "warning", ".config/git/credentials")
        self.home.write(".netrc", "machine lab.org\nmachine b.lab.org.evil.org login me\n")
        self.assertNotIn(".netrc", json.dumps(self.doctor("--offline")))

    def test_git_that_hangs(self):
        self.home.write("slow/git", "#!/bin/sh\nexec sleep 60\n", 0o700)
        env = self.env()
        env["PATH"] = f"{self.home.home}/slow:{env['PATH']}"
        begun = time.monotonic()
        findings = self.doctor("--offline", env=env)
        self.assertLess(time.monotonic() - begun, 20)
        self.assertFound(findings, "git", "time", "error", "something hangs")
        self.assertFound(findings, "tools", "version", "ok")
        # Nothing of it goes on; what was just killed may need a moment to be gone.
        harness.wait_for(lambda: not any(map(self.ours, pathlib.Path("/proc").glob(
            "[0-9]*/environ"))))

    def ours(self, path):
        try:
            return f"HOME={self.home.home}".encode() in path.read_bytes()
        except OSError:
            return False


class Secrets(Case):
    def test_with_everything_broken(self):
        """Whatever goes wrong, no secret is told: not in text, not in JSON, not on stderr."""
        secrets = {name: f"{name}-{CANARY}" for name in (
            "access_token", "refresh_token", "pat", "client_secret", "registration_access_token")}
        keys = "".join(f"  {name}: {secrets[name]}\n" for name in (
            "pat", "client_secret", "registration_access_token"))
        texts = (f"GENERAL:\n  default_config: A\nA:\n  base_url: https://me:{CANARY}@b.org/b\n{keys}",
                 f"GENERAL:\n  default_config: A\nA:\n  base_url: https://b.org/b?token={CANARY}\n{keys}",
                 f"GENERAL:\n  default_config: A\nA:\n  base_url: https://b.org/b\n  auth_method: pat\n"
                 f"{keys}B:\n  login: me\n  password: {CANARY}\n  base_url: x\n",
                 f"A:\n  base_url: https://b.org/b\n  password: [{CANARY}\n",
                 f"GENERAL:\n  default_config: A\nA:\n  base_url: https://b.org/b\n"
                 f"  auth_method: oauth\n  client_id: CLI\n  libbfabric:\n"
                 f"    proxy: http://me:{CANARY}@127.0.0.1:9\n    store: {CANARY}\n")
        for text in texts:
            self.home.write_config(text=text)
            for cache in (json.dumps({**secrets, "expires_at": 1}), f'{{"access_token": "{CANARY}'):
                for suffix in (".json", ".session", ".rejected", ".rescued"):
                    self.home.write(self.home.place("https://b.org/b", suffix, environment="A"), cache)
                for arguments in (["--json"], []):
                    result = self.home.run("bfabric", "doctor", "--offline", *arguments)
                    self.assertIn(result.status, (0, 1))
                    # The one secret-looking thing that may be shown is what was put where a name
                    # of a program belongs.
                    shown = re.sub(r"store[^\n]*", "", result.out)
                    self.assertNotIn(CANARY, shown + result.err, text)


if __name__ == "__main__":
    harness.main()
