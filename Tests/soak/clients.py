"""Clients of all kinds, which come, watch and leave in all manners, and count what they get."""

import base64
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request

NAME = "movie.Mjpeg"
# Its file is cut short and written anew while it is played.
SHIFTING = "shifting.Mjpeg"
# How long anybody waits for an answer. The daemon gives all of them at once; on a machine with much
# else to do a client may be asleep for long, and only a daemon that hangs takes a minute.
PATIENCE = 60


class Tally:
    """What all clients have seen together."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {}

    def add(self, name, number=1):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + number

    def __getitem__(self, name):
        with self.lock:
            return self.counts.get(name, 0)


class Failure(Exception):
    """The daemon did not do what it should have."""


def connect(port):
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def hang_up(client):
    """With a reset, as when a program is killed or a cable pulled."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


class RTSP:
    """A player that counts what it is sent. Every session is counted by how it ends."""

    def __init__(self, soak, transport, name=NAME):
        self.soak = soak
        self.transport = transport
        self.client = connect(soak.rtsp)
        self.buffer = b""
        self.cseq = 0
        self.session = ""
        self.packets = 0
        self.url = f"rtsp://127.0.0.1:{soak.rtsp}/{name}"
        self.sockets = []

    def request(self, method, header=""):
        self.cseq += 1
        self.client.sendall(f"{method} {self.url} RTSP/1.0\r\nCSeq: {self.cseq}\r\n"
                            f"{header}\r\n".encode())
        while True:
            self.take_packets()
            end = self.buffer.find(b"\r\n\r\n") if self.buffer[:1] != b"$" else -1
            if end >= 0:
                head = self.buffer[:end].decode()
                length = re.search(r"Content-Length: (\d+)", head)
                end += 4 + (int(length.group(1)) if length else 0)
                if len(self.buffer) >= end:
                    self.buffer = self.buffer[end:]
                    self.soak.tally.add("rtsp_requests")
                    return int(head.split()[1]), head
            self.fill()

    def fill(self):
        data = self.client.recv(1 << 16)
        if not data:
            raise Failure("the daemon has closed an RTSP connection")
        self.buffer += data

    def take_packets(self):
        start = 0
        while self.buffer[start:start + 1] == b"$" and len(self.buffer) >= start + 4:
            end = start + 4 + struct.unpack_from(">H", self.buffer, start + 2)[0]
            if len(self.buffer) < end:
                break
            if self.buffer[start + 1] == 0:
                self.packets += 1
            start = end
        self.buffer = self.buffer[start:]

    def play(self):
        if self.transport == "udp":
            self.sockets = udp_pair()
            ports = [s.getsockname()[1] for s in self.sockets]
            header = f"Transport: RTP/AVP;unicast;client_port={ports[0]}-{ports[1]}\r\n"
        else:
            header = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        status, head = self.request("SETUP", header)
        if status == 503:
            return False
        if status != 200:
            raise Failure(f"SETUP: {head}")
        self.session = re.search(r"Session: (\w+)", head).group(1)
        status, head = self.request("PLAY", self.named)
        if status != 200:
            raise Failure(f"PLAY: {head}")
        return True

    @property
    def named(self):
        return f"Session: {self.session}\r\n"

    def watch(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.soak.is_over.is_set():
            if self.transport == "tcp":
                if select.select([self.client], [], [], 0.2)[0]:
                    self.fill()
                    self.take_packets()
            elif select.select(self.sockets[:1], [], [], 0.2)[0]:
                self.drain()

    def drain(self):
        for control, receiver in enumerate(self.sockets):
            try:
                while True:
                    receiver.recv(65_536, socket.MSG_DONTWAIT)
                    self.packets += 0 if control else 1
            except BlockingIOError:
                pass

    def leave(self, how):
        """Politely, and then every packet has been counted; or not at all."""
        if how == "teardown":
            self.request("PAUSE", self.named)
            self.request("GET_PARAMETER", self.named)
            self.request("TEARDOWN", self.named)
            if self.transport == "udp":
                self.drain()
            self.soak.tally.add(f"packets_{self.transport}", self.packets)
            self.client.close()
        else:
            # What was on its way cannot be known.
            self.soak.tally.add(f"uncounted_{self.transport}")
            if how == "reset":
                hang_up(self.client)
            else:
                self.client.close()
        for receiver in self.sockets:
            receiver.close()
        self.soak.tally.add("sessions_ended")

    def give_up(self):
        """After a fault, whosoever it was."""
        self.client.close()
        for receiver in self.sockets:
            receiver.close()
        if self.session:
            self.soak.tally.add("sessions_ended")
            self.soak.tally.add(f"uncounted_{self.transport}")


def udp_pair():
    while True:
        pair = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        try:
            pair[0].bind(("127.0.0.1", 0))
            pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            pair[1].bind(("127.0.0.1", pair[0].getsockname()[1] + 1))
            return pair
        except (OSError, OverflowError):
            for each in pair:
                each.close()


def player(soak, transport):
    viewer = RTSP(soak, transport)
    try:
        if not viewer.play():
            return viewer.client.close()
        viewer.watch(soak.random.uniform(0.2, 4))
        viewer.leave(soak.random.choice(["teardown", "teardown", "close", "reset"]))
    except (Failure, OSError):
        viewer.give_up()
        raise


def rtsp_udp(soak):
    player(soak, "udp")


def rtsp_tcp(soak):
    player(soak, "tcp")


def shifting(soak):
    """Plays the film whose file changes in place. It may be told that there is none, and may be
    let down; it may not be left waiting."""
    viewer = RTSP(soak, soak.random.choice(["udp", "tcp"]), SHIFTING)
    try:
        if not viewer.play():
            return viewer.client.close()
        viewer.watch(soak.random.uniform(0.2, 4))
        viewer.leave("teardown")
    except TimeoutError:
        viewer.give_up()
        raise
    except (Failure, OSError):
        viewer.give_up()
        soak.tally.add("let_down")


def classroom(soak):
    client = connect(soak.rtsp)
    with client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE)
        port = receiver.getsockname()[1]
        client.sendall(f"SETUP {NAME} RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= {port}\n"
                       .encode())
        reply = client.recv(1024).decode()
        if "200" not in reply:
            if "503" in reply:
                return
            raise Failure(f"classroom: {reply}")
        session = reply.split("\n")[2].split()[1]
        client.sendall(f"PLAY {NAME} RTSP/1.0\nCSeq: 2\nSession: {session}\n".encode())
        client.recv(1024)
        try:
            for _ in range(soak.random.randrange(1, 60)):
                receiver.recv(65_536)
        except TimeoutError as error:
            raise Failure("no packet for the classroom") from error
        finally:
            soak.tally.add("sessions_ended")
            soak.tally.add("uncounted_classroom")
        if soak.random.random() < 0.5:
            client.sendall(f"TEARDOWN {NAME} RTSP/1.0\nCSeq: 3\nSession: {session}\n".encode())
            client.recv(1024)


def unread(soak):
    """Plays over TCP and never reads; leaves in the end."""
    viewer = RTSP(soak, "tcp")
    try:
        if viewer.play():
            soak.is_over.wait(soak.random.uniform(1, 6))
            viewer.leave("reset")
    except (Failure, OSError):
        viewer.give_up()
        raise


def multipart(soak):
    with connect(soak.http) as client:
        path = f"/video/{NAME}/stream.mjpg"
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        end = time.monotonic() + soak.random.uniform(0.2, 3)
        got = b""
        while time.monotonic() < end and not soak.is_over.is_set():
            data = client.recv(1 << 16)
            if not data:
                break
            got = got or data
        # Whoever comes when it is over has seen nothing, which is nobody's fault.
        status = got.split(b"\r\n", maxsplit=1)[0]
        if got and b" 200 " not in status and b" 503 " not in status:
            raise Failure(f"multipart: {status}")


def snapshot(soak):
    for _ in range(soak.random.randrange(1, 8)):
        url = f"http://127.0.0.1:{soak.http}/video/{NAME}/snapshot.jpg"
        with urllib.request.urlopen(url, timeout=PATIENCE) as reply:
            picture = reply.read()
        if picture[:2] != b"\xff\xd8" or picture[-2:] != b"\xff\xd9":
            raise Failure(f"a snapshot that is no picture: {picture[:20]}")
        soak.tally.add("http_requests")


def websocket(soak):
    """A browser: sets up, plays, watches, and goes with or without a word."""
    with connect(soak.http) as client:
        key = base64.b64encode(os.urandom(16)).decode()
        client.sendall(f"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                       f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       f"Sec-WebSocket-Key: {key}\r\n\r\n".encode())
        if b" 101 " not in client.recv(4096):
            raise Failure("no WebSocket")
        soak.tally.add("http_requests")
        transport = soak.random.choice(["udp", "tcp"])
        for command in [{"event": "setup", "video_file": NAME, "transport": transport},
                        {"event": "play"}]:
            text = json.dumps(command).encode()
            client.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
            soak.is_over.wait(0.3)
        end = time.monotonic() + soak.random.uniform(0.2, 3)
        while time.monotonic() < end and not soak.is_over.is_set():
            if not client.recv(1 << 16):
                raise Failure("a WebSocket was closed")
        # Its session is an RTSP client's of the same daemon.
        if soak.random.random() < 0.5:
            client.sendall(b"\x88\x80\0\0\0\0")
            while client.recv(1 << 16):
                pass


def streamctl(soak):
    folder = tempfile.mkdtemp()
    environment = os.environ | {"XDG_RUNTIME_DIR": folder}
    try:
        for command in [["setup", NAME], ["play"], ["sessions"], ["clients"], ["pause"],
                        ["teardown"]]:
            call = subprocess.run(
                [soak.programs / "streamctl", "--url", f"http://127.0.0.1:{soak.http}"] + command,
                env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=2 * PATIENCE)
            if call.returncode not in (0, 1):
                raise Failure(f"streamctl {command}: {call.stderr.decode()}")
            if call.returncode == 1:
                # Refused while the file was being replaced, or behind a daemon that stood still.
                soak.tally.add("streamctl_refused")
    finally:
        shutil.rmtree(folder)


def killed(soak):
    """A program that somebody else wrote, killed while it plays."""
    transport = soak.random.choice(["udp", "tcp"])
    url = f"rtsp://127.0.0.1:{soak.rtsp}/{NAME}"
    process = subprocess.Popen(
        ["ffmpeg", "-v", "quiet", "-rtsp_transport", transport, "-i", url, "-f", "null", "-"],
        stdin=subprocess.DEVNULL)
    soak.is_over.wait(soak.random.uniform(0.1, 4))
    process.send_signal(soak.random.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        # It had not yet come so far as to listen to it.
        process.kill()
        process.wait()


KINDS = [rtsp_udp, rtsp_udp, rtsp_tcp, rtsp_tcp, classroom, unread, multipart, snapshot, shifting,
         websocket, websocket, streamctl, killed]
