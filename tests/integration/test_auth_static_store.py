# SPDX-License-Identifier: MIT
"""auth pat, service-account and register with --store: real commands, and where the secrets are."""
import unittest

import harness
import secret_service
from client_case import SECRETS, URI, Case, keys
from sandbox_client import SERVICE, manage, service_sandbox
from store_program import GIT_STORE, StoreProgram, keyring_missing, kept_by_git

PAT, OTHER = "canary-pat-in-a-store", "canary-pat-of-tomorrow"


def said(result):
    return " ".join(result.err.split())  # however it was wrapped


class Stored(harness.TestCase):
    """`self.secrets` are those that must lie in the store, and nowhere else."""
    URL = "https://b.example.org/bfabric"

    def setUp(self):
        self.home = self.enterContext(harness.Home())
        self.store = StoreProgram(self.home)
        self.secrets = {PAT, OTHER}

    def bfabric(self, *arguments, status=0, program="bfabric", **more):
        result = self.home.run(program, *arguments, **more)
        self.assertExit(result, status)
        for secret in self.secrets:
            self.assertNotIn(secret, result.err)
        return result

    def auth(self, *arguments, **more):
        result = self.bfabric("auth", *arguments, **more)
        for secret in self.secrets:
            self.assertNotIn(secret, result.out)
        return result

    def config(self):
        return self.home.config_file.read_text()

    def files_with(self, *secrets):
        """Our own files, whole ones and left ones, that hold one of these."""
        paths = [self.home.config_file, *self.home.home.rglob("*"), *self.home.runtime.rglob("*")]
        return sorted({str(path) for path in paths if path.is_file()
                       for secret in secrets if secret.encode() in path.read_bytes()})


class Pat(Stored):
    def pat(self, *arguments, value=PAT, **more):
        return self.auth("pat", self.URL, "--env", "LAB", "--pat-file", "-", *arguments,
                         input=value.encode(), **more)

    def token(self, **more):
        return self.bfabric("token", "--env", "LAB", **more)

    def test_there_and_back(self):
        told = said(self.pat("--store", self.store.path))
        self.assertIn(f"was put into {self.store.path}", told)
        self.assertIn("bfabricPy does not look there", told)
        self.assertIn("auth_method: pat", self.config())
        self.assertIn(f"store: {self.store.path}", self.config().replace('"', ""))
        self.assertEqual(self.files_with(PAT), [])
        self.assertEqual(self.store.document("LAB"), {"version": 1, "pat": PAT})
        self.assertEqual(self.token().out.strip(), PAT)
        self.pat(value=OTHER)  # it stays where the environment has it
        self.assertEqual(self.store.document("LAB")["pat"], OTHER)
        self.assertEqual(self.files_with(PAT, OTHER), [])
        self.assertEqual(self.token().out.strip(), OTHER)
        self.pat("--store", "file")
        self.assertIn(f"pat: {PAT}", self.config())
        self.assertNotIn("store:", self.config())
        self.assertEqual(self.store.documents(), {})
        self.assertEqual(self.token().out.strip(), PAT)
        self.pat("--store", self.store.path, value=OTHER)
        self.assertNotIn("pat: ", self.config())
        self.assertEqual(self.files_with(PAT, OTHER), [])

    def test_logout_and_remove(self):
        self.pat("--store", self.store.path)
        told = said(self.auth("logout", "LAB"))
        self.assertIn(f"taken out of {self.store.path}", told)
        self.assertIn("valid until it is deleted in B-Fabric", told)
        self.assertEqual(self.store.documents(), {})
        self.assertIn("logged out", said(self.token(status=3)))
        self.assertIn("not logged in", said(self.auth("logout", "LAB")))
        self.pat()
        self.assertEqual(self.store.document("LAB")["pat"], PAT)
        self.auth("remove", "LAB", "--no-confirm")
        self.assertEqual(self.store.documents(), {})
        self.assertNotIn("LAB", self.config())

    def test_git(self):
        request = b"protocol=https\nhost=b.example.org\n\n"
        self.pat("--store", self.store.path)
        self.store.calls()
        got = self.bfabric("get", program="git-credential-bfabric", input=request)
        self.assertEqual(got.out, "")
        self.assertIn("serve_pat", got.err)
        self.assertEqual(self.store.calls(), [])  # nobody was asked for what is not given away
        self.home.config_file.write_text(self.config().replace(
            "libbfabric:\n", "libbfabric:\n    serve_pat: true\n"))
        got = self.bfabric("get", program="git-credential-bfabric", input=request)
        self.assertIn(f"password={PAT}\n", got.out)
        self.store.fail("get")
        got = self.bfabric("get", program="git-credential-bfabric", input=request, status=6)
        self.assertEqual(got.out, "quit=1\n")

    def test_store_does_not_answer(self):
        self.pat("--store", self.store.path)
        self.store.fail("get", "store", "erase")
        self.assertIn(self.store.path, said(self.token(status=6)))
        self.assertIn("still in its store", said(self.auth("logout", "LAB", status=6)))
        self.pat(value=OTHER, status=6)
        self.auth("remove", "LAB", "--no-confirm", status=6)
        self.store.mend()
        self.assertEqual(self.token().out.strip(), PAT)
        self.assertEqual(self.files_with(PAT, OTHER), [])

    def test_store_that_is_lost(self):
        """Out of one that will never answer again."""
        self.pat("--store", self.store.path)
        self.store.fail("get", "store", "erase")
        self.assertIn("is still there", said(self.pat("--store", "file", value=OTHER)))
        self.assertEqual(self.token().out.strip(), OTHER)
        self.assertNotIn("store:", self.config())
        self.auth("remove", "LAB", "--no-confirm")

    def test_nothing_half_done(self):
        """A store that fails leaves the configuration alone, one that is none is not written down."""
        self.store.fail("store")
        self.pat("--store", self.store.path, status=6)
        self.assertFalse(self.home.config_file.exists())
        self.store.mend()
        self.pat()
        before = self.config()
        self.pat("--store", "/nowhere/helper", value=OTHER, status=6)
        self.store.fail("store")
        self.pat("--store", self.store.path, value=OTHER, status=6)
        self.assertEqual(self.config(), before)
        self.assertEqual(self.token().out.strip(), PAT)

    @unittest.skipIf(secret_service.needed("strace"), secret_service.needed("strace"))
    def test_configuration_cannot_be_written(self):
        """The secret is taken out again, unless it is what the environment uses already."""
        def fail(*arguments, value):
            command = self.home.command("bfabric", "auth", "pat", self.URL, "--env", "LAB",
                                        "--pat-file", "-", *arguments)
            return self.home.run("strace", "-qq", "-o", self.home.path / "trace", "-e",
                                 "inject=rename,renameat,renameat2:error=EIO", *command,
                                 input=value.encode())
        result = fail("--store", self.store.path, value=PAT)
        self.assertExit(result, 1)
        self.assertIn("nothing is kept", said(result))
        self.assertEqual(self.store.documents(), {})
        self.assertEqual(self.files_with(PAT), [])
        self.pat("--store", self.store.path)
        self.home.config_file.write_text(self.config() + "  scope: api:read\n")  # to be taken out
        result = fail(value=OTHER)
        self.assertExit(result, 1)
        self.assertIn("where the environment looks for it", said(result))
        self.assertEqual(self.token().out.strip(), OTHER)

    def test_git_credential_store(self):
        self.pat("--store", GIT_STORE)
        self.assertEqual(kept_by_git(self.home)["LAB"]["pat"], PAT)
        self.assertEqual(self.token().out.strip(), PAT)
        filled = harness.run(["git", "-c", "credential.helper=", "-c", "credential.helper=store",
                              "credential", "fill"], self.home.env(),
                             b"protocol=https\nhost=b.example.org\nusername=LAB\n\n",
                             cwd=self.home.home)
        self.assertNotIn(PAT, filled.out + filled.err)
        self.auth("logout", "LAB")
        self.assertEqual(kept_by_git(self.home), {})

    @unittest.skipIf(keyring_missing(), keyring_missing())
    def test_keyring(self):
        libexec = self.home.path / "libexec"
        libexec.mkdir(mode=0o755)
        for program in ("helper/bfabric-full", "keyring/bfabric-keyring"):
            (libexec / program.split("/")[1]).symlink_to(harness.BUILD / program)
        with secret_service.GnomeKeyring() as desktop:
            env = self.home.env(BFABRIC_LIBEXEC=libexec, **desktop.env())
            self.assertIn("was put into the keyring",
                          said(self.pat("--store", "keyring", env=env)))
            self.assertEqual(self.files_with(PAT), [])
            self.assertIn(PAT.encode(), desktop.item(service="bfabric", username="LAB").secret())
            self.assertEqual(self.token(env=env).out.strip(), PAT)
            desktop.lock()
            self.assertIn("'bfabric auth unlock'", said(self.token(env=env, status=6)))
            self.pat(env=env, status=6)
            desktop.unlock()
            self.auth("logout", "LAB", env=env)
            self.assertEqual(desktop.items(service="bfabric"), [])


class Service(Stored):
    def setUp(self):
        super().setUp()
        self.server, self.secret = self.enterContext(service_sandbox())
        self.secrets.add(self.secret)

    def service(self, *arguments, secret=None, **more):
        return self.auth("service-account", *arguments, "--secret-file", "-",
                         input=(secret or self.secret).encode(), **more)

    def make(self, *arguments, **more):
        return self.service(self.server.base_url, "--client-id", SERVICE, "--env", "CRON",
                            "--scope", "read-only", *arguments, **more)

    def token(self, **more):
        return self.bfabric("token", "--env", "CRON", "--force-refresh", **more)

    def test_there_and_back(self):
        file = self.home.home / ".bfabric" / "CRON.secret"
        self.assertIn(f"secret is in {self.store.path}",
                      said(self.make("--store", self.store.path)))
        self.assertEqual(self.store.document("CRON"), {"version": 1, "client_secret": self.secret})
        self.assertEqual(self.files_with(self.secret), [])
        self.token()
        self.service("--env", "CRON", "--store", "file")
        self.assertEqual(self.files_with(self.secret), [str(file)])
        self.assertEqual(self.store.documents(), {})
        self.token()
        self.service("--env", "CRON", "--store", self.store.path)
        self.assertEqual(self.files_with(self.secret), [])
        self.token()
        self.assertIn("--store file",
                      said(self.service("--env", "CRON", "--inline", status=2)))
        self.service("--env", "CRON", "--inline", "--store", "file")
        self.assertEqual(self.files_with(self.secret), [str(self.home.config_file)])
        self.assertEqual(self.store.documents(), {})
        self.token()

    def test_without_the_secret(self):
        self.make("--store", self.store.path)
        self.token()
        self.store.fail("get")
        served = self.token()  # what is not expired yet
        self.assertIn("used until it expires", said(served))
        self.store.mend()
        self.auth("logout", "CRON")
        self.assertEqual(self.store.documents(), {})
        self.assertIn("logged out", said(self.token(status=3)))
        self.make()
        self.token()
        self.store.calls()
        self.bfabric("token", "--env", "CRON")
        self.assertEqual(self.store.calls(), [])  # a fresh token needs no store

    def test_wrong_secret(self):
        self.make("--store", self.store.path, secret="wrong", status=4)
        self.assertEqual(self.store.documents(), {})
        self.assertFalse(self.home.config_file.exists())


class Registered(Case):
    def setUp(self):
        super().setUp()
        self.store = StoreProgram(self.home)

    def stored(self, name="BOT"):
        return self.store.document(name)

    def in_store_only(self, name="BOT"):
        has = self.stored(name)
        self.assertEqual(set(has) - {"version"}, set(SECRETS))
        self.assertFalse(set(SECRETS) & set(keys(self.home, name)))
        for secret in SECRETS:
            self.seen.add(has[secret])
            for path in (self.home.config_file, *self.home.home.rglob("*")):
                if path.is_file():
                    self.assertNotIn(has[secret].encode(), path.read_bytes(), path)
        got = manage(self.server, "GET", {**keys(self.home, name), **has})
        self.assertEqual(got.status, 200)
        return has

    def test_life_of_a_client(self):
        self.ready("BOT", "--store", self.store.path)
        before = self.in_store_only()
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT"), 0)
        self.assertExit(self.run_auth("client-show", "--env", "BOT"), 0)
        result = self.run_auth("client-update", "--env", "BOT", "--name", "new")
        self.assertExit(result, 0)
        self.assertIn(f"its new secret is in {self.store.path}.", result.said)
        now = self.in_store_only()
        self.assertFalse({before[key] for key in SECRETS} & {now[key] for key in SECRETS})
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT", "--force-refresh"), 0)
        self.assertExit(self.run_auth("client-delete", "--env", "BOT", "--no-confirm"), 0)
        self.assertEqual(self.store.documents(), {})
        self.assertNotIn("client_id", keys(self.home, "BOT"))
        self.assertEqual(self.rescues(), [])

    def test_no_answer_before(self):
        """Nothing is sent as long as the answer could not be kept."""
        self.ready("BOT", "--store", self.store.path)
        asked = len(self.server.log())
        self.store.fail("get")
        for verb in (("client-show",), ("client-update", "--name", "x"),
                     ("client-delete", "--no-confirm")):
            self.failed(self.run_auth(*verb, "--env", "BOT"), 6, self.store.path)
        self.failed(self.register("BOT", "--force"), 6, self.store.path)
        self.failed(self.register("NEW", "--store", "/nowhere/helper"), 6, "/nowhere/helper")
        self.assertEqual([line for line in self.server.log()[asked:]
                          if line["endpoint"] != "control"], [])
        self.store.mend()
        self.in_store_only()

    def test_no_answer_after(self):
        """The server's answer waits in the rescue file, and the next run puts it where it belongs."""
        self.ready("BOT", "--store", self.store.path)
        before = self.in_store_only()
        self.store.fail("store")
        self.failed(self.run_auth("client-update", "--env", "BOT", "--name", "new"), 6,
                    "is kept in", self.store.path)
        self.assertEqual(len(self.rescues()), 1)
        self.assertEqual(self.stored()["client_secret"], before["client_secret"])
        self.store.mend()
        result = self.run_auth("client-show", "--env", "BOT")
        self.assertExit(result, 0)
        self.assertIn("Finished what an interrupted run began", result.said)
        self.assertEqual(self.rescues(), [])
        self.assertNotEqual(self.in_store_only()["client_secret"], before["client_secret"])

    def test_registered_into_a_store_that_fails(self):
        self.store.fail("store")
        self.failed(self.register("BOT", "--store", self.store.path), 6, "is kept in")
        self.assertNotIn("BOT:", self.home.config_file.read_text())
        self.store.mend()
        result = self.run_auth("client-show", "--env", "BOT")
        self.assertExit(result, 0)
        self.in_store_only()
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT"), 0)

    def test_replaced(self):
        """The client before leaves nothing in the store."""
        self.ready("BOT", "--store", self.store.path)
        before = self.in_store_only()
        self.ready("BOT", "--force")
        self.assertNotEqual(self.in_store_only()["client_secret"], before["client_secret"])
        self.assertEqual(len(self.store.documents()), 1)
        self.ready("BOT", "--force", "--store", "file")
        self.assertEqual(self.store.documents(), {})
        self.works()

    def test_logged_out_it_is_managed_still(self):
        self.ready("BOT", "--store", self.store.path)
        self.assertExit(self.run_auth("logout", "BOT"), 0)
        self.assertEqual(set(self.stored()), {"version", "registration_access_token"})
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT"), 3)
        self.assertExit(self.run_auth("client-update", "--env", "BOT", "--name", "x"), 0)
        self.in_store_only()
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT"), 0)

    def test_a_person_by_a_client_with_a_secret(self):
        self.ready("WEB", "--store", self.store.path, service=None)
        self.in_store_only("WEB")
        self.failed(self.register("X", "--store", self.store.path, "--secret-file", "s"), 2)
        result = self.run_auth("register", "n", URI, "--no-service-user", "--show-secret",
                               "--store", self.store.path)
        self.failed(result, 2, "--save-env")


if __name__ == "__main__":
    harness.main()
