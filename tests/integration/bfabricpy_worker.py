# SPDX-License-Identifier: MIT
"""The real bfabricPy in one process that does as it is told: it takes a second or two to start.

    with Worker() as python:
        python.use(home)                                  # whose ~/.bfabricpy.yml, from now on
        python.call("read", "sample", {"id": 200})        # a method of Bfabric.connect()
        python.cli("api", "read", "sample", "id", "200")  # bfabric-cli, in the same process
        python.cli("api", "delete", "sample", "5", typed="y\\n")  # the same at a terminal
        python.commands("api", "auth")                    # its commands with their options
        python.yaml(text)                                 # what PyYAML makes of this
"""
import json
import subprocess
import tempfile

import bfabricpy
import harness

_SCRIPT = """
import contextlib, io, json, os, pty, sys, warnings, yaml
warnings.simplefilter("ignore")
from loguru import logger
logger.remove()
from bfabric import Bfabric
from bfabric.results.result_container import ResultContainer
client = None

def plain(value):
    if isinstance(value, ResultContainer):
        return {"records": list(value), "errors": [str(error) for error in value.errors]}
    return value

def use(home):
    global client
    os.environ["HOME"] = home
    os.chdir(home)
    client = None

def call(method, /, *arguments, **options):
    global client
    client = client or Bfabric.connect()
    try:
        return {"value": plain(getattr(client, method)(*arguments, **options))}
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}

def evaluate(source):
    global client
    client = client or Bfabric.connect()
    names = {"client": client}
    exec(source, names)
    return {"value": names["result"]}

def cli(*words, typed=None):
    from bfabric_scripts.cli.__main__ import app
    if typed is not None:
        return at_terminal(app, words, typed.encode())
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            got = app(list(words))
            status = got if isinstance(got, int) else 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException as error:
            err.write(repr(error))
            status = 1
    return {"status": status, "out": out.getvalue(), "err": err.getvalue()}

def at_terminal(app, words, typed):
    sys.stdout.flush()
    pid, fd = pty.fork()
    if pid == 0:
        try:
            app(list(words))
            sys.stdout.flush()
            os._exit(0)
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
    os.write(fd, typed)
    seen = b""
    while True:
        try:
            more = os.read(fd, 65536)
        except OSError:  # EIO: the other end is closed
            more = b""
        if not more:
            break
        seen += more
    os.close(fd)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return {"status": status, "out": seen.decode(errors="replace").replace(chr(13), ""), "err": ""}

def options_of(command):
    return [name for one in command.assemble_argument_collection(parse_docstring=True)
            if not one.children and one.parse for name in one.names if name != "*"]

def commands(*names):
    from bfabric_scripts.cli.__main__ import app
    found = {}
    def look(path, one):
        if one.default_command is not None:
            found[" ".join(path)] = options_of(one)
        for name in one:
            if not name.startswith("-"):
                look([*path, name], one[name])
    for name in names:
        look([name], app[name])
    return found

doors = {"use": use, "call": call, "cli": cli, "evaluate": evaluate, "commands": commands,
         "yaml": yaml.safe_load}
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for line in sys.stdin:
    step = json.loads(line)
    try:
        answer = doors[step["do"]](*step["words"], **step["options"])
    except BaseException as error:
        answer = {"broken": repr(error)}
    answers.write(json.dumps(answer) + chr(10))
    answers.flush()
"""


class Refused(Exception):
    """What a method raised: `.kind` is the name of its class."""

    def __init__(self, kind, text):
        super().__init__(f"{kind}: {text}")
        self.kind, self.text = kind, text


class Worker:
    def __init__(self, **env):
        self.env = env

    def __enter__(self):
        env = {**harness.base_environment(), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1",
               "COLUMNS": "200", "TERM": "dumb", **self.env}
        self.noise = tempfile.TemporaryFile()  # its SOAP library says a lot: more than a pipe holds
        self.process = harness.start([str(bfabricpy.PYTHON), "-c", _SCRIPT], env, subprocess.PIPE,
                                     stderr=self.noise)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        if self.process.wait(60):
            raise AssertionError(f"bfabricPy ended with {self.process.returncode}")
        self.process.stdout.close()
        self.noise.close()

    def _ask(self, do, /, *words, **options):
        step = json.dumps({"do": do, "words": [str(w) if do == "cli" else w for w in words],
                           "options": options})
        self.process.stdin.write(step.encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.noise.seek(0)
            raise AssertionError("bfabricPy ended: " + self.noise.read().decode()[-4000:])
        answer = json.loads(line)
        if answer and "broken" in answer:
            raise AssertionError(answer["broken"])
        return answer

    def use(self, home):
        """Connects anew with the files of this home folder (harness.Home)."""
        self._ask("use", str(home.home))

    def call(self, method, /, *arguments, **options):
        """The value; of a ResultContainer {"records": [...], "errors": [...]}. Or Refused."""
        answer = self._ask("call", method, *arguments, **options)
        if "error" in answer:
            raise Refused(answer["error"], answer["text"])
        return answer["value"]

    def evaluate(self, source):
        """Runs Python that sets `result`; it has `client`."""
        return self._ask("evaluate", source)["value"]

    def cli(self, *words, typed=None):
        """bfabric-cli: {"status", "out", "err"}. Where something is typed, stdin and stdout are a
        terminal, whose text is in "out"."""
        return self._ask("cli", *words, typed=typed)

    def commands(self, *groups):
        """{"api read": ["--endpoint", "--limit", ...], ...}, as its own help has them."""
        return self._ask("commands", *groups)

    def yaml(self, text):
        return self._ask("yaml", text)
