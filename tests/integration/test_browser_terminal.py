# SPDX-License-Identifier: MIT
"""bfabric login on a terminal: what a person sees, pastes and presses."""
import re
import socket

import browser
import harness
from terminal import Terminal
from test_browser_login import Case, NEW


class OnATerminal(Case):
    def terminal(self, *arguments, env=None, **size):
        command = self.home.command("bfabric", "login", self.server.base_url, *NEW, *arguments)
        return self.enterContext(Terminal(command, env or self.home.env(), cwd=self.home.home,
                                          **size))

    def answer(self, terminal, user=None):
        url = terminal.expect(r"(?m)^(http\S+/authorize\?\S+)\n").group(1)
        return browser.Browser(self.server).approve(url, user).location

    def test_pasted(self):
        terminal = self.terminal()
        terminal.expect("No browser is opened:\nthere is no display.")
        terminal.expect("Press Enter to log in with a code,")
        location = self.answer(terminal)
        terminal.expect("left ")
        terminal.type("hello\n")
        terminal.expect("still waiting")
        terminal.type(re.sub("state=[^&]*", "state=x", location) + "\n")
        terminal.expect("another login; still waiting")
        terminal.type(f"  {location}  \n")
        self.assertEqual(terminal.status(), 0)
        terminal.expect("logged in as scientist")

    def test_a_code_instead(self):
        terminal = self.terminal()
        terminal.expect("Press Enter to log in with a code,")
        port = int(re.search(r"127\.0\.0\.1%3A(\d+)%2F", terminal.expect(
            r"(?m)^http\S+/authorize\?\S+\n").group(0)).group(1))
        terminal.expect("left ")
        terminal.type("\n")
        code = terminal.expect(r"and enter this code: (\S+)\s").group(1)
        with self.assertRaises(ConnectionRefusedError):  # the first way is closed
            socket.create_connection(("127.0.0.1", port)).close()
        self.server.control("approve", user_code=code)
        self.assertEqual(terminal.status(), 0)
        terminal.expect("logged in as scientist")

    def test_enter_means_nothing_where_no_code_was_offered(self):
        terminal = self.terminal("--no-browser")
        terminal.expect("left ")
        terminal.type("\n\n")
        url = re.search(r"(?m)^(http\S+/authorize\?\S+)\n", terminal.text).group(1)
        self.assertEqual(browser.Browser(self.server).approve(url, follow=True).status, 200)
        self.assertEqual(terminal.status(), 0)

    def test_narrow(self):
        for env in ({}, {"SSH_TTY": "/dev/pts/1"}):
            terminal = self.terminal(columns=40, env=self.home.env(**env))
            location = self.answer(terminal)
            terminal.expect("left ")
            terminal.type(location + "\n")
            self.assertEqual(terminal.status(), 0)
            lines = [line for line in re.split("[\r\n]+", terminal.text) if "http" not in line]
            self.assertLessEqual(max(map(len, lines)), 40)

    def test_end_of_input_is_no_end(self):
        terminal = self.terminal("--no-browser")
        terminal.expect("left ")
        terminal.type("\x04")
        url = re.search(r"(?m)^(http\S+/authorize\?\S+)\n", terminal.text).group(1)
        self.assertEqual(browser.Browser(self.server).approve(url, follow=True).status, 200)
        self.assertEqual(terminal.status(), 0)

    def test_ctrl_c(self):
        terminal = self.terminal()
        terminal.expect("left ")
        terminal.type("\x03")
        self.assertEqual(terminal.status(), 130)
        self.untouched()


if __name__ == "__main__":
    harness.main()
