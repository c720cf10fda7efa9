# SPDX-License-Identifier: MIT
"""What bfabric doctor says about stores of secrets: each check is made to fail once."""
import json
import os
import stat
import unittest

import harness
import secret_service
import test_doctor
from store_program import StoreProgram, keyring_missing

MISSING = keyring_missing()


class Case(test_doctor.Case):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(harness.Sandbox(interval=1, auto_approve=0))

    def login(self, store, env=None, name="SANDBOX"):
        result = self.home.run("bfabric", "auth", "device-code", self.server.base_url, "--scope",
                               "api:read", "--env", name, "--store", store, env=env)
        self.assertExit(result, 0)

    def found(self, check, **more):
        """[(result, text and advice), ...] of a check of this section."""
        return [(one["result"], f"{one['text']} {one['advice']}")
                for one in self.doctor("--offline", **more) if one["section"] == "store"
                and one["check"] == check]


class Programs(Case):
    def setUp(self):
        super().setUp()
        self.store = StoreProgram(self.home)

    def test_files(self):
        self.login("file")
        self.assertFound(self.doctor("--offline"), "store", "use", "ok", "every environment")
        for check in ("session bus", "state", "steps", "content", "waiting"):
            self.assertEqual(self.found(check), [])

    def test_all_is_well(self):
        self.login(self.store.path)
        findings = self.doctor("--offline")
        self.assertEqual([one for one in findings if one["section"] == "store"
                          and one["result"] != "ok"], [])
        self.assertFound(findings, "store", "use", "ok", "SANDBOX", self.store.path)
        self.assertFound(findings, "store", "state", "ok", self.store.path, "may be run")
        self.assertFound(findings, "store", "content", "ok", "SANDBOX: it has them")
        self.assertNotIn(self.store.document("SANDBOX")["refresh_token"], json.dumps(findings))

    def test_permissions(self):
        self.login(self.store.path)
        for mode in (0o775, 0o757):
            os.chmod(self.store.path, mode)
            self.assertFound(self.doctor("--offline"), "store", "state", "error", self.store.path,
                             "mend that program")
        os.chmod(self.store.path, 0o755)
        os.rename(self.store.path, self.store.path + "-gone")
        self.assertFound(self.doctor("--offline"), "store", "state", "error", self.store.path)

    @unittest.skipIf(os.getuid(), "only root can give a file away")
    def test_of_somebody_else(self):
        self.login(self.store.path)
        os.chown(self.store.path, 65534, 65534)
        self.assertFound(self.doctor("--offline"), "store", "state", "error", self.store.path)

    def test_nothing_in_it(self):
        self.login(self.store.path)
        for path in self.store.folder.glob("*_SANDBOX"):
            path.unlink()
        self.assertFound(self.doctor("--offline"), "store", "content", "error", "removed it",
                         "bfabric login --env SANDBOX")
        self.assertExit(self.home.run("bfabric", "auth", "logout"), 0)
        self.assertFound(self.doctor("--offline"), "store", "content", "ok", "there is no login")

    def test_no_personal_access_token_in_it(self):
        self.home.write_config(self.server.base_url, auth_method="pat", client_id=None,
                               own={"store": self.store.path})
        self.assertFound(self.doctor("--offline"), "store", "content", "error", "not logged in",
                         "bfabric auth pat --env SANDBOX")

    def test_it_fails(self):
        self.login(self.store.path)
        self.store.fail("get")
        self.assertFound(self.doctor("--offline"), "store", "content", "warning", "SANDBOX")

    def test_every_environment(self):
        self.login(self.store.path)
        self.login(self.store.path, name="OTHER")
        self.assertEqual(len(self.found("state")), 1)
        self.assertEqual(len(self.found("content")), 2)

    def test_waiting(self):
        self.login(self.store.path)
        self.home.write_cache(self.server.base_url,
                              self.server.mint(client_id="CLI", scope="api:read"))
        self.assertFound(self.doctor("--offline"), "store", "waiting", "warning",
                         "bfabricPy put a refresh token", "refresh --all --pending")
        self.home.run("bfabric", "auth", "refresh", "--all", "--pending")
        self.assertEqual(self.found("waiting"), [])
        self.home.write(self.home.runtime / "bfabric"
                        / self.home.place(self.server.base_url, ".rescue").name, "{}")
        self.assertFound(self.doctor("--offline"), "store", "waiting", "warning",
                         "waits for", "bfabric auth unlock")

    def test_units(self):
        self.assertEqual({result for result, _ in self.found("units")}, {"ok"})
        wanted = self.home.write(".config/systemd/user/timers.target.wants/x", "").parent
        (wanted / "bfabric-refresh.timer").symlink_to("/nonexistent")
        self.assertFound(self.doctor("--offline"), "store", "units", "warning",
                         "bfabric-refresh.timer is enabled", "systemctl --user disable")
        (wanted / "bfabric-refresh.timer").unlink()
        (wanted / "bfabric-refresh.timer").symlink_to(
            harness.BUILD / "systemd" / "bfabric-refresh.timer")
        self.assertFound(self.doctor("--offline"), "store", "units", "ok", "is enabled")


@unittest.skipIf(MISSING, MISSING)
class Keyring(Case):
    def setUp(self):
        super().setUp()
        self.keyring = self.enterContext(secret_service.GnomeKeyring())
        self.login("keyring", env=self.home.env(**self.keyring.env()))

    def env(self, **more):
        return super().env(**{"BFABRIC_LIBEXEC": harness.BUILD / "helper",
                              **self.keyring.env(), **more})

    def test_all_is_well(self):
        findings = self.doctor("--offline")
        self.assertAllWell(findings, [("tools", "programs"), ("git", "helpers")])
        self.assertFound(findings, "store", "use", "ok", "SANDBOX", "the keyring")
        self.assertFound(findings, "store", "state", "ok", "the keyring is unlocked")
        self.assertFound(findings, "store", "steps", "ok", "service: ", " ms)")
        self.assertFound(findings, "store", "content", "ok", "it has them")

    def test_locked(self):
        self.keyring.lock()
        findings = self.doctor("--offline")
        self.assertFound(findings, "store", "state", "warning", "bfabric auth unlock")
        self.assertFound(findings, "store", "steps", "ok", "keyring: locked")
        self.assertEqual([one for one in findings if one["check"] == "content"], [])

    def test_stopped(self):
        """However many environments are in it: it is not waited for once for each of them."""
        with open(self.home.config_file, "a") as config:
            for number in range(8):
                config.write(f"\nMORE{number}:\n  base_url: {self.server.base_url}\n"
                             "  auth_method: pat\n  libbfabric:\n    store: keyring\n")
        self.keyring.stop()
        findings = self.doctor("--offline")
        self.assertFound(findings, "store", "state", "error", "login --store file")
        self.assertFound(findings, "store", "units", "ok", "bfabric-keyring.path")
        self.assertEqual([one for one in findings if one["check"] in ("time", "content")], [])
        self.keyring.cont()

    def test_gone(self):
        self.keyring.kill()
        self.assertFound(self.doctor("--offline"), "store", "state", "error", "login --store file")

    def test_no_bus(self):
        findings = self.doctor("--offline", env=self.env(DBUS_SESSION_BUS_ADDRESS=None))
        self.assertFound(findings, "store", "session bus", "error", "there is no session bus",
                         "start this in a desktop session")
        findings = self.doctor("--offline", env=self.env(DBUS_SESSION_BUS_ADDRESS=None,
                                                         SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22"))
        self.assertFound(findings, "store", "session bus", "error", "as often over ssh",
                         "log in at the desktop")

    def test_no_bus_and_waiting(self):
        """What needs a bus is not offered without one."""
        self.home.write(self.home.runtime / "bfabric"
                        / self.home.place(self.server.base_url, ".rescue").name, "{}")
        findings = self.doctor("--offline", env=self.env(DBUS_SESSION_BUS_ADDRESS=None))
        self.assertFound(findings, "store", "waiting", "warning", "waits for",
                         "from a desktop session: bfabric auth unlock")
        self.assertFound(findings, "store", "session bus", "error", "bfabric login --store file")

    def test_removed(self):
        self.keyring.item(service="bfabric").delete()
        self.assertFound(self.doctor("--offline"), "store", "content", "error", "removed it")

    def test_two_items(self):
        item = self.keyring.item(service="bfabric")
        attributes = {**item.attributes(), "base_url": "https://elsewhere.example.org/bfabric"}
        self.keyring.add(item.secret(), **attributes)
        attributes = {**item.attributes(), "more": "of another program"}
        self.keyring.add(item.secret(), **attributes)
        self.assertFound(self.doctor("--offline"), "store", "steps", "warning", "several items")

    def test_program_missing_or_not_to_be_trusted(self):
        folder = self.home.path / "libexec"
        folder.mkdir()
        for name in ("bfabric-full",):
            (folder / name).symlink_to(harness.BUILD / "helper" / name)
        env = self.env(BFABRIC_LIBEXEC=folder)
        self.assertFound(self.doctor("--offline", env=env), "store", "state", "error",
                         "bfabric-keyring")
        program = self.home.write(folder / "bfabric-keyring", "#!/bin/sh\n", 0o755)
        program.chmod(0o777)
        self.assertTrue(program.stat().st_mode & stat.S_IWOTH)
        self.assertFound(self.doctor("--offline", env=env), "store", "state", "error",
                         "bfabric-keyring")


if __name__ == "__main__":
    harness.main()
