"""A client that reads rows and looks at none: what it measures is the server."""

import base64
import hashlib
import hmac
import os
import re
import socket
import struct
import time

READY = b"Z\0\0\0\x05I"


class Reader:
    def __init__(self, port, user, password, database):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        parameters = f"user\0{user}\0database\0{database}\0\0".encode()
        self.socket.sendall(struct.pack("!II", len(parameters) + 8, 3 << 16) + parameters)
        self.login(password)

    def message(self):
        kind, length = struct.unpack("!cI", self.exactly(5))
        return kind, self.exactly(length - 4)

    def exactly(self, count):
        whole = b""
        while len(whole) < count:
            piece = self.socket.recv(count - len(whole))
            if not piece:
                raise ConnectionError("the server has hung up")
            whole += piece
        return whole

    def send(self, kind, body):
        self.socket.sendall(kind + struct.pack("!I", len(body) + 4) + body)

    def login(self, password):
        while True:
            kind, body = self.message()
            if kind == b"E":
                raise ConnectionError(body)
            if kind == b"Z":
                return
            if kind == b"R" and body[:4] == b"\0\0\0\x0a":
                self.scram(password)

    def scram(self, password):
        """RFC 5802, as a client."""
        nonce = base64.b64encode(os.urandom(18)).decode()
        bare = f"n=,r={nonce}"
        first = b"SCRAM-SHA-256\0" + struct.pack("!I", len(bare) + 3) + f"n,,{bare}".encode()
        self.send(b"p", first)
        kind, body = self.message()
        if kind != b"R":
            raise ConnectionError(body)
        challenge = body[4:].decode()
        part = dict(piece.split("=", 1) for piece in challenge.split(","))
        salted = hashlib.pbkdf2_hmac(
            "sha256", password.encode(), base64.b64decode(part["s"]), int(part["i"])
        )
        key = hmac.digest(salted, b"Client Key", "sha256")
        final = f"c=biws,r={part['r']}"
        signed = f"{bare},{challenge},{final}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
        self.send(b"p", f"{final},p={proof}".encode())

    def read(self, sql, binary):
        """Runs a query and throws its rows away; gives (rows, bytes, seconds, seconds to the first byte)."""
        def framed(kind, body):
            return kind + struct.pack("!I", len(body) + 4) + body

        bind = b"\0\0" + struct.pack("!HHHH", 0, 0, 1, int(binary))
        batch = framed(b"P", b"\0" + sql.encode() + b"\0\0\0") + framed(b"B", bind)
        batch += framed(b"E", b"\0\0\0\0\0") + framed(b"S", b"")
        began = time.perf_counter()
        self.socket.sendall(batch)
        buffer = bytearray(1 << 20)
        tail, total, first = b"", 0, None
        while True:
            count = self.socket.recv_into(buffer)
            if count == 0:
                raise ConnectionError("the server has hung up")
            # Answers to Parse and Bind come before there is any row.
            if first is None and total + count > 64:
                first = time.perf_counter() - began
            total += count
            tail = (tail + bytes(buffer[max(0, count - 256) : count]))[-256:]
            if tail.endswith(READY):
                break
        took = time.perf_counter() - began
        tag = re.search(rb"SELECT (\d+)\0Z", tail)
        if not tag:
            raise RuntimeError(f"the query failed: {tail!r}")
        return int(tag.group(1)), total, took, first
