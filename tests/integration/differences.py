# SPDX-License-Identifier: MIT
"""Where we differ from bfabricPy's command line on purpose: what it does, what we do, and why.

Each row is checked on both sides by the test that is named above its table, so that a row goes when
a new bfabricPy (its version is in tests/requirements.txt) or we no longer do what it says. What is in
no table is the same on both sides, and an option of bfabric-cli that is neither ours nor here makes
test_auth_bfabricpy.py fail.
"""
from typing import NamedTuple


class Option(NamedTuple):
    """Options that bfabric-cli has, in commands that fit a pattern, and we refuse."""
    commands: str
    options: tuple
    ours: str
    why: str


# test_auth_bfabricpy.py
OPTIONS = [
    Option("api .*", ("--endpoint",), "the first argument",
           "an argument that has a place has no second way to give it"),
    Option("api (read)", ("--query.pairs",), "arguments", "as above"),
    Option("api (create|update)", ("--attributes.pairs",), "arguments", "as above"),
    Option("api update", ("--entity-id",), "the second argument", "as above"),
    Option("api delete", ("--id",), "arguments", "as above"),
    Option("api inspect", ("--method-name",), "the second argument", "as above"),
    Option("(login|auth (login|device-code|pat|service-account|register))", ("--base-url",),
           "an argument", "as above"),
    Option("auth register", ("--client-name", "--redirect-uri"), "arguments", "as above"),
    Option("auth register-webapp", ("--app-name", "--web-url"), "arguments", "as above"),
    Option("api (update|delete)|auth remove", ("--no-no-confirm",), "leave --no-confirm out",
           "its parser makes an opposite of every flag; what is off unless asked for needs none"),
    Option("login|auth login", ("--no-no-browser",), "leave --no-browser out", "as above"),
    Option("auth logout", ("--no-all",), "leave --all out", "as above"),
    Option("api read", ("--no-return-id-only", "--empty-columns", "--query.empty-pairs"),
           "leave it out", "as above"),
    Option("api (create|update)", ("--attributes.empty-pairs",), "leave it out", "as above"),
    Option("api delete", ("--empty-id",), "nothing", "a deletion of nothing is a mistake"),
    Option("auth register", ("--empty-grant-types",), "leave --grant-types out", "as above"),
    Option("auth pat", ("--pat",), "--pat-file, or the question",
           "a secret in argv is read by every other user of the machine"),
    Option("auth service-account", ("--client-secret",), "--secret-file, or the question", "as above"),
    Option("auth register", ("--token",), "--token-file", "as above"),
]


class Answer(NamedTuple):
    """One command of `api`, given to both."""
    argv: list
    status: int  # theirs
    out: str  # what theirs has on stdout, as a pattern
    own_status: int
    own_out: str
    why: str


R, S = ["read", "sample"], ["read", "sample", "id", "200", "--format", "json"]
NOTHING = r"\A\Z"
USAGE = "wrong usage is told from what the server refuses: exit code 2"
DONE = "what was not done must not look done to a script"

# test_api_bfabricpy.py
ANSWERS = [
    # ---- forms ----
    Answer(["read", "workunit", "id", "304", "--format", "tsv"], 1, NOTHING, 0, r'""id"":1004',
           "an array is written as its JSON, where polars has no form for it"),
    Answer([*R, "name", "none", "--format", "tsv"], 0, r"\A\n\n\Z", 0, r"\Aid\n\Z",
           "a table without records still has a heading: R's read.delim wants one"),
    Answer([*R, "id", "200", "--format", "tsv"], 0, r"\n\n\Z", 0, r"[^\n]\n\Z",
           "a table ends with its last row: an empty line is a record to some readers"),
    Answer([*R, "id", "200", "--format", "tsv"], 0, r"\Aname\ttype\ttubeid\t", 0,
           r"\Aclassname\tconcentration\tcreated\t",
           "columns are in the order of their names, however the server replied, and so are keys"),
    Answer([*R, "id", "200", "--columns", "id,name"], 0, "\u2502 200 \u2502 Sample_01 \u2502", 0,
           r"\Aid   name\n200  Sample_01\n\Z",
           "a table for people has no frame, which does not fit a narrow terminal"),
    Answer([*R, "--limit", "1"], 0, "id +┃ classn", 0, r"\Aid +name +concentration ",
           "a table begins with what people know a record by, and ends with what they asked for"),
    Answer([*S[:-1], "JSON"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer([*S[:-1], "table-rich", "--columns", "id"], 1, NOTHING, 0, "id\n200",
           "its help names this form, and its check knows table_rich only; we take both, and table"),
    Answer([*S, "--file", "out.json"], 0, '"Sample_01"', 0, NOTHING,
           "what goes to a file does not go to stdout as well"),
    Answer([*R, "id", "200", "--file", "out.txt"], 1, "200", 2, NOTHING,
           "that a table has no file is said before the server is asked"),
    Answer([*S, "--file", "none/out.json"], 1, '"Sample_01"', 1, NOTHING,
           "that a file cannot be written, too"),
    # ---- queries ----
    Answer([*R, "nosuch", "x", "--format", "json"], 1, NOTHING, 2, NOTHING,
           "a key that does not exist is an error of the caller, in one line"),
    Answer(["read", "nosuch", "--format", "json"], 1, NOTHING, 2, NOTHING,
           "so is an endpoint that does not exist"),
    Answer([*R, "--limit", "0", "--format", "json"], 0, r"\A\[\]\n\Z", 2, NOTHING,
           "nobody wants no records; all is called all"),
    Answer([*R, "--limit", "-1", "--format", "json"], 0, r"\A\[\]\n\Z", 2, NOTHING, "nor fewer"),
    Answer([*R, "--limit", "all", "--format", "json"], 1, NOTHING, 0, '"id": 200',
           "there is a word for all of them"),
    Answer([*R, "a", "--format", "json"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer([*R, "--json", "[1]", "--format", "json"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer([*R, "--json", "{", "--format", "json"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer([*R, "--cli-max-columns", "0"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer([*R, "--json", '{"id": null}', "--format", "json"], 0, '"id": 222', 2, NOTHING,
           "a filter without a value would be left out, and everything be read"),
    Answer([*R, "--json", '{"id": []}', "--format", "json"], 0, '"id": 222', 0, r"\A\[\]\n\Z",
           "no alternatives fit nothing, where leaving the filter out would read everything"),
    Answer([*S, "--config-env", "NONE"], 1, NOTHING, 1, NOTHING,
           "the line says which there are, instead of KeyError"),
    Answer([*S, "--config-file", "none.yml"], 1, NOTHING, 3, NOTHING,
           "who has no configuration is not logged in: exit code 3"),
    # ---- saving ----
    Answer(["create", "sample", "name", "x", "name", "y"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["create", "sample", "id", "5"], 1, NOTHING, 2, NOTHING,
           "an id is the server's to give: wrong usage"),
    Answer(["create", "sample"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["create", "sample", "name"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["create", "nosuch", "name", "x"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["create", "sample", "--json", '{"nosuch": true}'], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["create", "sample", "name", "x", "--json", '{"name": "y"}'], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["update", "sample", "213", "id", "213", "name", "x", "--no-confirm"], 1, NOTHING, 0,
           '"name": "x"', "the id that is the record's is no contradiction, written as text either"),
    Answer(["update", "sample", "213", "id", "214", "name", "x", "--no-confirm"], 1, NOTHING, 2,
           NOTHING, USAGE),
    Answer(["update", "sample", "0", "name", "x", "--no-confirm"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["update", "sample", "x", "name", "x", "--no-confirm"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["update", "sample", "213", "--no-confirm"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["update", "sample", "213", "--json", "{}", "--no-confirm"], 0, NOTHING, 2, NOTHING,
           "an update without values is a mistake"),
    Answer(["update", "sample", "200", "name", "x"], 0, NOTHING, 2, NOTHING, DONE),
    Answer(["delete", "sample", "200"], 0, NOTHING, 2, NOTHING, DONE),
    Answer(["delete", "sample", "--no-confirm"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["delete", "sample", "x", "--no-confirm"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["delete", "nosuch", "1", "--no-confirm"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["delete", "project", "3000", "--no-confirm"], 1, NOTHING, 2, NOTHING, USAGE),
    # ---- inspecting ----
    Answer(["inspect", "sample", "nosuch"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["inspect", "nosuch"], 1, NOTHING, 2, NOTHING, USAGE),
    Answer(["inspect", "sample", "save", "1"], 0, "- sample: ", 2, NOTHING,
           "a depth without its name is guessed at, not read"),
    Answer(["inspect", "sample"], 0, r"Namespaces:\n +bf: http", 0, r"\AMethods: read, save, delete\n",
           "the methods there are say more than two namespaces that nobody types"),
    Answer(["inspect", "sample", "--max-depth", "-1"], 0, r"parameters", 2, NOTHING, USAGE),
]


class Scene(NamedTuple):
    """A command of `auth` in a home folder, given to both; files are compared when it is done."""
    start: str  # a key of STARTS
    argv: list
    why: str = ""
    status: int = 0  # theirs
    own_status: int = 0
    files: tuple = ()  # where they differ, (path, theirs, ours): None is nothing, ... anything
    own_argv: list = None  # where it has another option


LOGIN, DEVICE = ["auth", "login"], ["auth", "device-code"]
PAT = ["auth", "pat", "$URL", "--pat", "new-token"]
OWN_PAT = ["auth", "pat", "$URL", "--pat-file", "pat"]
BOT = ["auth", "service-account", "$URL", "--client-id", "sandbox-service", "--client-secret", "$SECRET"]
OWN_BOT = [*BOT[:5], "--secret-file", "secret", "--inline"]
NEW = ["auth", "register", "nightly", "https://app.example.org/callback"]
RW = ["--scope", "read-write"]
NO_SUCH = "there is nothing of that name to do it to, which a script has to notice: exit code 2"
NEW_DEFAULT = "a further environment becomes the default when that is asked for, not by itself"
REPLACED = "a login does not take away how somebody else, or a service, logs in there"
NO_PORT = "a name is good for a shell, a file and YAML without quotes"

# test_auth_bfabricpy.py
SCENES = [
    # ---- looking ----
    Scene("none", ["auth", "status"], "not logged in is exit code 3: a script asks that way", 0, 3),
    Scene("bare", ["auth", "status"], "as above", 0, 3),
    Scene("undecided", ["auth", "status"], "it could not be told", 0, 1),
    Scene("many", ["auth", "status", "--config-env", "NONE"], "as above", 0, 1),
    # ---- choosing, leaving ----
    Scene("many", ["auth", "activate", "NONE"], NO_SUCH, 0, 2),
    Scene("many", ["auth", "activate"], "without a terminal nobody can choose", 0, 2),
    Scene("many", ["auth", "logout", "NONE"], NO_SUCH, 0, 2),
    Scene("undecided", ["auth", "logout"], NO_SUCH, 0, 1),
    Scene("many", ["auth", "remove", "NONE", "--no-confirm"], NO_SUCH, 0, 2),
    Scene("many", ["auth", "remove", "SANDBOX"], DONE, 0, 2),
    # ---- logging in ----
    Scene("none", [*LOGIN, "$URL", *RW, "--no-set-default", "--config-env", "LAB"],
          "an empty mapping says nothing", files=(("config/GENERAL", {}, None),)),
    Scene("none", [*LOGIN, "$URL", *RW], NO_PORT,
          files=(("config/GENERAL/default_config", "$HOST:$PORT", "$HOST-$PORT"),
                 ("config/$HOST:$PORT", ..., None), ("config/$HOST-$PORT", None, ...),
                 ("tokens", ..., ...))),
    Scene("none", [*LOGIN, "$URL"], DONE, 0, 2),
    Scene("none", [*LOGIN, *RW], DONE, 0, 2),
    Scene("many", [*LOGIN, "nonsense:///"], DONE, 0, 2),
    Scene("many", [*LOGIN, "http://127.0.0.1:9/bfabric", *RW, "--config-env", "SANDBOX"], DONE, 0, 8),
    Scene("many", [*LOGIN, "$URL", *RW, "--config-env", "LAB"], NEW_DEFAULT,
          files=(("config/GENERAL/default_config", "LAB", "SANDBOX"),)),
    Scene("slash", LOGIN, "an address that leads to the same place is left as it was written",
          files=(("config/SANDBOX/base_url", "$URL", "$URL/"),)),
    Scene("many", [*LOGIN, "--config-env", "PAT", *RW], REPLACED, 0, 1,
          (("config/PAT/auth_method", "oauth", "pat"), ("config/PAT/client_id", "CLI", None),
           ("config/PAT/scope", "api:write", None), ("config/PAT/pat", None, "personal-token"),
           ("tokens", ..., ...))),
    Scene("many", [*DEVICE, "--config-env", "SERVICE"], REPLACED, 1, 1),
    Scene("many", [*DEVICE, "--client-id", "nobody"], "the server does not know the client: exit code 4",
          1, 4),
    Scene("many", [*LOGIN, "--timeout", "0.001"], "seconds are whole ones", 1, 2),
    # ---- tokens and secrets ----
    Scene("none", PAT, "the name that a login would have chosen, whatever kind it is", 0, 0,
          (("config/GENERAL/default_config", "PRODUCTION", "$HOST-$PORT"),
           ("config/PRODUCTION", ..., None), ("config/$HOST-$PORT", None, ...)), OWN_PAT),
    Scene("many", PAT, REPLACED, 0, 8,
          (("config/SANDBOX/auth_method", "pat", "oauth"), ("config/SANDBOX/pat", "new-token", None),
           ("config/SANDBOX/client_id", None, "CLI"),
           ("config/SANDBOX/scope", None, "api:read api:write")), OWN_PAT),
    Scene("many", [*PAT, "--config-env", "LAB"], NEW_DEFAULT, 0, 0,
          (("config/GENERAL/default_config", "LAB", "SANDBOX"),), [*OWN_PAT, "--env", "LAB"]),
    Scene("none", [*BOT, "--config-env", "BOT", "--scope", "read-only"],
          "the word for a scope means the same everywhere", 0, 0,
          (("config/BOT/scope", "read-only", "api:read"),),
          [*OWN_BOT, "--config-env", "BOT", "--scope", "read-only"]),
    Scene("none", [*BOT, "--config-env", "BOT"],
          "a secret has a file of its own, unless bfabricPy has to find it (--inline)", 0, 0,
          (("config/BOT/client_secret", "$SECRET", None), ("config/BOT/libbfabric", None, ...)),
          [*OWN_BOT[:-1], "--config-env", "BOT"]),
    Scene("many", [*BOT, "--config-env", "PAT"], DONE, 0, 8, (), [*OWN_BOT, "--config-env", "PAT"]),
    # ---- clients ----
    Scene("many", [*NEW, "--no-service-user"],
          "a secret is printed when that is asked for, and not lost when it is not", 0, 2),
    Scene("many", NEW, USAGE, 1, 2),
    Scene("many", [*NEW, "--service-user", "robot7", "--no-service-user"], USAGE, 1, 2),
    Scene("many", [*NEW, "--no-service-user", "--save-env", "OTHER"],
          "that the name is taken is said before there is a client whose secret nobody keeps", 1, 8),
    Scene("many", [*NEW, "--no-service-user", "--save-env", "OTHER", "--force"],
          "a client is registered and its secret kept: it cannot be had again", 1, 0,
          (("config/OTHER", ..., ...),)),
    Scene("many", ["auth", "client-update"], USAGE, 1, 2),
    Scene("many", ["auth", "client-delete"], USAGE, 1, 2),
]
