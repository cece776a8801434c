"""What happens to daemons: files change, clocks are set, disks are full, links go down."""

import mmap
import os
import pathlib
import signal
import struct
import subprocess
import time

from clients import NAME, SHIFTING

HERE = pathlib.Path(__file__).resolve().parent


def run(*command, text=None):
    """Whether a command did what it was to do."""
    try:
        return subprocess.run(command, input=text, capture_output=True, text=True,
                              check=False).returncode == 0
    except OSError:
        return False


class Media:
    """The folder of films: one is replaced as files should be, by a copy that is moved into its
    place, and one as they should not be, in place."""

    def __init__(self, folder, movie):
        self.folder = folder
        self.movie = movie
        folder.mkdir()
        self.replace()
        (folder / SHIFTING).write_bytes(movie)

    def replace(self):
        fresh = self.folder / ".fresh"
        fresh.write_bytes(self.movie)
        fresh.rename(self.folder / NAME)

    def shift(self, wait, random):
        with open(self.folder / SHIFTING, "r+b") as film:
            film.truncate(random.randrange(len(self.movie)))
            wait(random.uniform(0, 1))
            film.seek(0)
            film.write(self.movie)


class Clock:
    """The daemon's wall clock, which is not the machine's."""

    YEAR = 365 * 86_400
    # A second, an hour, years; to the beginning of time, over the end of NTP's first era, and over
    # the end of 32 bits.
    MOMENTS = [lambda now: 0, lambda now: 1, lambda now: -1, lambda now: 3600, lambda now: -3600,
               lambda now: 10 * Clock.YEAR, lambda now: -now, lambda now: 2_085_978_490 - now,
               lambda now: (1 << 32) - 5 - now]

    def __init__(self, folder):
        library, offset = folder / "clock.so", folder / "clock"
        offset.write_bytes(bytes(8))
        self.environment = {}
        if run("cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(HERE / "clock.c")):
            self.environment = {"LD_PRELOAD": str(library), "SOAK_CLOCK": str(offset)}
        with open(offset, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 8)

    @property
    def is_there(self):
        return bool(self.environment)

    def jump(self, random):
        self.set(random.choice(self.MOMENTS)(int(time.time())))

    def set(self, seconds):
        self.page[:] = struct.pack("=q", seconds * 1_000_000_000)


class Disk:
    """A disk of its own for the log, which fills up and is cleared again. Without root a folder,
    where the log is only cut off."""

    SIZE = 4 << 20

    def __init__(self, folder):
        self.folder = folder / "disk"
        self.folder.mkdir()
        self.is_there = os.geteuid() == 0 and run(
            "mount", "-t", "tmpfs", "-o", f"size={self.SIZE}", "soak", str(self.folder))
        self.log = self.folder / "log"
        self.log.touch()

    def fill(self, wait, random):
        if self.is_there:
            with open(self.folder / "others", "wb", buffering=0) as others:
                try:
                    while others.write(bytes(4096)) == 4096:
                        pass
                except OSError:
                    pass
            wait(random.uniform(0.5, 3))
            (self.folder / "others").unlink()
        # As logrotate's copytruncate does, and so that there is room again.
        os.truncate(self.log, 0)

    def end(self):
        if self.is_there:
            run("umount", "-l", str(self.folder))


class Link:
    """A network of its own with a viewer in it, whose packets get lost, and whose link goes down
    and comes up again."""

    LOSS = """table inet soak {
      chain input { type filter hook input priority 0
        numgen random mod 100 < 2 drop
      }
      chain output { type filter hook output priority 0
        numgen random mod 100 < 2 drop
      }
    }"""

    def __init__(self, soak):
        self.soak = soak
        self.name = f"soak{os.getpid()}"
        self.near, self.far = f"sn{os.getpid()}", f"sf{os.getpid()}"
        self.is_there = False
        self.outages = 0
        self.frames = 0
        self.loss = None

    def begin(self):
        net = 10, 211, os.getpid() % 250
        self.address = "{}.{}.{}.1".format(*net)
        steps = [
            f"ip netns add {self.name}", f"ip link add {self.near} type veth peer name {self.far}",
            f"ip link set {self.far} netns {self.name}",
            f"ip addr add {self.address}/24 dev {self.near}", f"ip link set {self.near} up",
            f"ip -n {self.name} addr add {'{}.{}.{}.2'.format(*net)}/24 dev {self.far}",
            f"ip -n {self.name} link set {self.far} up",
        ]
        self.is_there = os.geteuid() == 0 and all(run(*step.split()) for step in steps)
        if not self.is_there:
            return
        # Some kernels have the one, some the other.
        if run(*f"tc qdisc add dev {self.near} root netem loss 2% delay 5ms 2ms".split()):
            self.loss = "netem"
        elif run("ip", "netns", "exec", self.name, "nft", "-f", "-", text=self.LOSS):
            self.loss = "nft"

    def live(self):
        """A viewer behind the link; whatever happens to it, it comes again."""
        seen = self.soak.folder / "seen"
        while not self.soak.is_over.is_set():
            transport = self.soak.random.choice(["udp", "tcp"])
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.name, "timeout", "20", "ffmpeg", "-v", "quiet",
                 "-rtsp_transport", transport, "-i",
                 f"rtsp://{self.address}:{self.soak.rtsp}/{NAME}", "-c", "copy", "-flush_packets",
                 "1", "-f", "framecrc", "-y", str(seen)], stdin=subprocess.DEVNULL)
            while process.poll() is None and not self.soak.is_over.wait(
                    self.soak.random.uniform(3, 9)):
                run("ip", "link", "set", self.near, "down")
                self.soak.is_over.wait(self.soak.random.uniform(0.5, 3))
                run("ip", "link", "set", self.near, "up")
                self.outages += 1
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if seen.exists():
                self.frames += sum(line[0] != "#" for line in seen.read_text().splitlines())
                seen.unlink()

    def end(self):
        run("ip", "link", "del", self.near)
        run("ip", "netns", "del", self.name)


def disturb(soak):
    """One accident after the other."""
    accidents = ["replace", "shift", "hangup", "stop"]
    accidents += ["clock"] if soak.clock.is_there else []
    wait = soak.is_over.wait
    while not wait(soak.random.uniform(1, 4)):
        # Not so often, or there would never be a log.
        what = soak.random.choice(accidents) if soak.random.random() < 0.95 else "disk"
        soak.tally.add(what)
        if what == "replace":
            soak.media.replace()
        elif what == "shift":
            soak.media.shift(wait, soak.random)
        elif what == "clock":
            soak.clock.jump(soak.random)
        elif what == "disk":
            soak.disk.fill(wait, soak.random)
        elif what == "hangup":
            soak.daemon.send_signal(signal.SIGHUP)
        else:
            soak.daemon.send_signal(signal.SIGSTOP)
            time.sleep(soak.random.uniform(0.1, 1.5))
            soak.daemon.send_signal(signal.SIGCONT)
