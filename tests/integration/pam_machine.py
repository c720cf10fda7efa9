# SPDX-License-Identifier: MIT
"""A machine of the test's own, with real users, stacks, sshd and login, on the one that runs it.

    import pam_machine
    pam_machine.enter()          # before anything else; needs root

The test program starts itself again in mount and process namespaces of its own, where /etc, /run,
/dev, /var/log and the users' homes are scratch: nothing of the machine is ever changed, and nothing
that a test leaves behind outlives it, however it ends.
"""
import contextlib
import ctypes
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading

import harness
from harness import BUILD

MODULE = BUILD / "pam_bfabric" / "pam_bfabric.so"
TOOL = BUILD / "tests" / "tools" / "pam_call"
INSIDE = "BF_PAM_MACHINE"
NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
              "--mount-proc"]
# A file system in memory, in our namespace only, and over nothing that is needed.
TOP = next(pathlib.Path(top) for top in ("/mnt", "/media", "/srv")
           if not any(str(used).startswith(top + "/")
                      for used in (BUILD, harness.SOURCE, sys.prefix, sys.base_prefix)))
CONFIGURATION = pathlib.Path("/etc/bfabric/pam.conf")
WAITING = pathlib.Path("/run/bfabric/pam")
LIBEXEC, PROGRAMS = TOP / "libexec", TOP / "bin"
PASSWORD = "correct horse"
# crypt(3) of it, with few rounds
SHADOW = "$5$rounds=1000$bfabric$VISuF15hWmS0cmjLlHtKQys2ruQzzdJ8MNKbjC6uek2"
DEVICES = ["null", "zero", "full", "random", "urandom", "tty", "fuse"]
UNIX = "auth [success=1 default=ignore] pam_unix.so nodelay\nauth requisite pam_deny.so\n"
REST = "account required pam_unix.so\nsession required pam_unix.so\n"

# As pam_bfabric(8) has them; "@" is the module.
DEFAULT = UNIX + "auth required pam_permit.so\nauth optional @ mark\n"
ACQUIRE = UNIX + "auth optional @ acquire\nauth required pam_permit.so\n"
PRIMARY = ("auth [success=done authinfo_unavail=ignore service_err=ignore ignore=ignore "
           "user_unknown=ignore default=die] @\n" + UNIX + "auth required pam_permit.so\n")
SECOND = (UNIX + "auth [success=ok ignore=ignore default=die] @\nauth required pam_permit.so\n")
ACCOUNT = "account [success=ok ignore=ignore default=die] @\n"
SESSION = "session optional @\n"


def _why_not():
    if os.geteuid() != 0:
        return "only root can make namespaces and users"
    for program in ("/usr/sbin/sshd", "/usr/bin/ssh", "/bin/login", "/bin/su"):
        if not os.path.exists(program):
            return f"there is no {program} here"
    if not MODULE.exists():
        return "the module was not built"
    if b"__asan_init" in MODULE.read_bytes():
        return "programs that are not sanitized cannot load a sanitized module"
    if not os.environ.get(INSIDE) and subprocess.run([*NAMESPACES, "true"],
                                                     capture_output=True).returncode:
        return "no namespaces here"
    return None


WHY_NOT = _why_not()


def enter():
    """Goes on inside; returns only there, or where that is not possible."""
    if WHY_NOT or os.environ.get(INSIDE):
        return
    os.environ[INSIDE] = "yes"
    os.execvp(NAMESPACES[0], [*NAMESPACES, sys.executable, *sys.argv])


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


def unmount(path):
    subprocess.run(["umount", "--lazy", str(path)], check=True)


class Log:
    """What the programs say to syslog(3)."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        os.chmod(path, 0o666)
        self.lines = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            self.lines.append(self.socket.recv(65536).decode("utf-8", "backslashreplace"))

    def wait_for(self, text):
        """A line that was sent may still be on its way to us."""
        harness.wait_for(lambda: text in self.text())

    def text(self, since=0):
        return "\n".join(self.lines[since:])


class User:
    """An ordinary user with a home and a password."""

    def __init__(self, machine, name, uid):
        self.machine, self.name, self.uid = machine, name, uid
        self.home = TOP / "home" / name
        self.place = harness.Home()  # for the names of files; it makes nothing
        self.place.home, self.place.tokens = self.home, self.home / ".bfabric" / "tokens"
        self.place.environment = "LAB"

    def ids(self):
        return {"user": self.uid, "group": self.uid, "extra_groups": []}

    def env(self, **more):
        env = {**harness.base_environment(), "HOME": str(self.home), "USER": self.name,
               "BFABRIC_LIBEXEC": str(LIBEXEC)}
        return {**env, "PATH": f"{PROGRAMS}:{env['PATH']}", **more}

    def run(self, *command, input=None, timeout=60, **more):
        return harness.run(command, self.env(), input, timeout, cwd="/", **self.ids(), **more)

    def cache(self, server, suffix=".json"):
        return self.place.place(server.base_url, suffix)

    def token(self, server):
        """What git gets for this server, "" when there is no login."""
        result = self.run(PROGRAMS / "git-credential-bfabric", "get",
                          input=f"protocol={server.scheme}\nhost={server.host}\n\n")
        return result.fields().get("password", "")

    def login(self, server, **mint):
        """They had logged in before. Returns the reply."""
        reply = server.mint(client_id="CLI", scope=self.place.scope, **mint)
        self.place.config_file = self.home / ".bfabricpy.yml"
        with contextlib.suppress(FileExistsError):
            self.place.write_config(server.base_url)
        self.place.write_cache(server.base_url, reply, obtained=mint.pop("obtained", None))
        self.own()
        return reply

    def expire(self, server):
        """The access token of the cache is over; it can be refreshed."""
        path = self.cache(server)
        text = path.read_text()
        content = harness.json.loads(text)
        content["expires_at"] = 1
        path.write_text(harness.json.dumps(content))

    def own(self):
        for folder, folders, files in os.walk(self.home):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(path, self.uid, self.uid, follow_symlinks=False)

    def written(self):
        """Every file below the home, but locks."""
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*")
                      if not path.is_dir() and not path.name.endswith(".lock"))


class Machine:
    def __init__(self):
        os.chdir("/")  # nothing of the old /etc or /run stays in use
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", TOP)
        for name in ("home", "log", "etc", "dev"):
            (TOP / name).mkdir()
        self._devices()
        self._etc()
        mount("--bind", TOP / "log", "/var/log")
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
        for path, mode in (("sshd", 0o755), ("bfabric", 0o755), ("bfabric/pam", 0o700)):
            pathlib.Path("/run", path).mkdir(mode=mode)
        pathlib.Path("/run/utmp").touch()
        self.log = Log("/dev/log")
        self._programs()
        self.users = 0

    @staticmethod
    def _devices():
        dev = TOP / "dev"
        for name in DEVICES:
            if os.path.exists(f"/dev/{name}"):
                (dev / name).touch()
                mount("--bind", f"/dev/{name}", dev / name)
        for name in ("pts", "shm"):
            (dev / name).mkdir()
        mount("-t", "devpts", "-o", "newinstance,ptmxmode=0666,mode=620,gid=5", "devpts",
              dev / "pts")
        (dev / "ptmx").symlink_to("pts/ptmx")
        (dev / "fd").symlink_to("/proc/self/fd")
        mount("--rbind", dev, "/dev")

    @staticmethod
    def _etc():
        """The machine's, without its users, stacks and timeouts."""
        etc = TOP / "etc"
        shutil.copytree("/etc", etc, symlinks=True, dirs_exist_ok=True)
        for name in ("pam.d", "profile.d", "update-motd.d"):
            shutil.rmtree(etc / name, ignore_errors=True)
            (etc / name).mkdir()
        (etc / "bfabric").mkdir(mode=0o755)
        (etc / "environment").write_text("")
        (etc / "profile").write_text(f"PATH={PROGRAMS}:/usr/bin:/bin; PS1='$ '; "
                                     f"export PATH BFABRIC_LIBEXEC={LIBEXEC}\n")
        (etc / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n"
                                    "sshd:x:103:65534::/run/sshd:/usr/sbin/nologin\n"
                                    "_bfabric:x:990:990::/:/usr/sbin/nologin\n"
                                    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n")
        (etc / "shadow").write_text(f"root:{SHADOW}:19000:0:99999:7:::\n")
        # a locker asks this program, which is of the group that may read it
        os.chown(etc / "shadow", 0, os.stat("/sbin/unix_chkpwd").st_gid)
        (etc / "shadow").chmod(0o640)
        (etc / "group").write_text("root:x:0:\ntty:x:5:\n_bfabric:x:990:\nnogroup:x:65534:\n")
        # A made-up machine asks nobody else who its users are.
        (etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\n"
                                           "hosts: files dns\n")
        # su and login find them as in the real /etc
        mount("--bind", etc, "/etc")

    @staticmethod
    def _programs():
        for folder in (LIBEXEC, PROGRAMS):
            folder.mkdir(mode=0o755)
        for folder, name in (("helper", "bfabric-full"), ("helper", "bfabric"),
                             ("pam_bfabric", "bfabric-pam-login"),
                             ("pam_bfabric", "bfabric-pam-sweep")):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(BUILD / folder / name, LIBEXEC / name)
        (LIBEXEC / "bfabric-pam-login").chmod(0o711)  # as it is installed
        shutil.copy(MODULE, TOP / MODULE.name)
        shutil.copy(TOOL, PROGRAMS / "pam_call")
        for face in harness.FACES:
            (PROGRAMS / face).symlink_to(LIBEXEC / "bfabric")

    # ---- what an administrator does ----

    def stack(self, service, lines, rest=REST):
        """/etc/pam.d/SERVICE; "@" stands for our module."""
        text = (lines + "\n" + rest).replace("@", str(TOP / MODULE.name))
        pathlib.Path("/etc/pam.d", service).write_text(text)

    def default(self, service, rest=REST, first=""):
        """The default profile behind the password."""
        self.stack(service, first + DEFAULT, rest + SESSION)

    def example(self, name, service):
        """One of the stacks that administrators are given, as it stands there."""
        for kind, lines in (("auth", UNIX + "auth required pam_permit.so\n"),
                            ("account", "account required pam_unix.so\n"),
                            ("session", "session required pam_unix.so\n"), ("password", "")):
            pathlib.Path("/etc/pam.d", f"common-{kind}").write_text(lines)
        together = "".join(pathlib.Path("/etc/pam.d", f"common-{kind}").read_text()
                           for kind in ("auth", "account", "session"))
        for kind in ("system-auth", "password-auth", "postlogin"):
            pathlib.Path("/etc/pam.d", kind).write_text(together if kind != "postlogin" else "")
        text = (harness.SOURCE / "pam_bfabric" / "stacks" / name).read_text()
        pathlib.Path("/etc/pam.d", service).write_text(
            text.replace(MODULE.name, str(TOP / MODULE.name)))

    def pam_auth_update(self, *arguments):
        """Debian's own tool writes common-auth and its like out of profiles, ours among them."""
        configs = TOP / "pam-configs"
        if not configs.exists():
            shutil.copytree("/usr/share/pam-configs", configs)
            text = (harness.SOURCE / "pam_bfabric" / "bfabric.pam-config.in").read_text()
            (configs / "bfabric").write_text(text.replace("@module@", str(TOP / MODULE.name)))
            mount("--bind", configs, "/usr/share/pam-configs")
            for path in ("/var/lib/pam", "/var/cache/debconf"):  # what it remembers
                mount("-t", "tmpfs", "tmpfs", path)
        subprocess.run(["pam-auth-update", *arguments], check=True,
                       env={**harness.base_environment(), "DEBIAN_FRONTEND": "noninteractive"})

    def configure(self, server, mode=0o644, **keys):
        """pam.conf for this server (or this base URL)."""
        base = server if isinstance(server, str) else server.base_url
        keys = {"base_url": base, "client_id": "CLI", "env": "LAB", "scope": "api:read",
                "libexec": LIBEXEC, "timeout": 20, **keys}
        path = CONFIGURATION
        path.write_text("".join(f"{key} = {value}\n" for key, value in keys.items()
                                if value is not None))
        path.chmod(mode)

    def login_defs(self, **keys):
        path = pathlib.Path("/etc/login.defs")
        kept = [line for line in path.read_text().splitlines()
                if line.split()[:1] not in [[key] for key in keys]]
        path.write_text("\n".join(kept + [f"{key} {value}" for key, value in keys.items()]) + "\n")

    def user(self, name=None):
        """A new one, with a home of theirs."""
        self.users += 1
        user = User(self, name or f"ada{self.users}", 4000 + self.users)
        for file, line in (
                ("passwd", f"{user.name}:x:{user.uid}:{user.uid}::{user.home}:/bin/sh"),
                ("shadow", f"{user.name}:{SHADOW}:19000:0:99999:7:::"),
                ("group", f"{user.name}:x:{user.uid}:")):
            with open(f"/etc/{file}", "a", encoding="ascii") as out:
                out.write(line + "\n")
        user.home.mkdir(mode=0o700)
        user.own()
        return user


_machine = []


def machine():
    """The one of this test program, made when it is first needed."""
    if not _machine:
        _machine.append(Machine())
    return _machine[0]


def requests(server, since=0):
    """The endpoints that were asked by others than the test, in order."""
    return [line["endpoint"] for line in server.log()[since:] if line["endpoint"] != "control"]


def waiting():
    """Tokens that wait for a session."""
    return [path.name for path in WAITING.iterdir() if len(path.name) >= 32]


def processes(name):
    """Ids of the living processes of this program; there are no others than ours in here."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if ((folder / "comm").read_text().strip() == name[:15]
                    and (folder / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"):
                found.append(int(folder.name))
    return found


class HungHome:
    """A FUSE file system whose server never answers, over a folder: whoever looks waits.

    Closing the descriptor ends the wait of everybody in it."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        options = f"fd={self.fd},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
        if libc.mount(b"hung", bytes(self.path), b"fuse", 0, options):
            code = ctypes.get_errno()
            os.close(self.fd)
            raise OSError(code, os.strerror(code))
        return self

    def __exit__(self, *_):
        os.close(self.fd)
        unmount(self.path)
