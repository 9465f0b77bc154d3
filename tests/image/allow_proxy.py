#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a socket proxy does with the variables of docs/compose-socket-proxy.yml, for a machine that cannot have its image.

    allow_proxy.py PORT SOCKET REFUSED    listens on 127.0.0.1; a line for each call that it refused goes to the file REFUSED
"""
import os
import re
import socket
import socketserver
import sys

VERSION = r"(?:/v[0-9.]+)?"
CONTAINER = r"/containers/[A-Za-z0-9_.-]+"
RULES = [
    ("PING", "(?:GET|HEAD) " + VERSION + "/_ping"),
    ("INFO", "GET " + VERSION + "/info"),
    ("VERSION", "GET " + VERSION + "/version"),
    ("EVENTS", "GET " + VERSION + "/events"),
    ("CONTAINERS", "GET " + VERSION + "(?:/containers/json|" + CONTAINER + "/json)"),
    ("ALLOW_RESTARTS", "POST " + VERSION + CONTAINER + "/restart"),
    ("ALLOW_START", "POST " + VERSION + CONTAINER + "/start"),
    ("ALLOW_STOP", "POST " + VERSION + CONTAINER + "/stop"),
    ("POST", "POST .*"),
]
PORT, SOCKET, REFUSED = sys.argv[1:]
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def is_allowed(call):
    return any(os.environ.get(name) == "1" and re.fullmatch(rule, call) for name, rule in RULES)


class Proxy(socketserver.StreamRequestHandler):
    """One request for each connection: the engine's answer may go on for ever."""

    def handle(self):
        head = [self.rfile.readline()]
        while head[-1].strip():
            head.append(self.rfile.readline())
        method, target = head[0].decode().split(" ")[:2]
        call = method + " " + target.partition("?")[0]
        if not is_allowed(call):
            with open(REFUSED, "a", encoding="ascii") as refused:
                print(call, file=refused)
            self.wfile.write(REFUSAL)
            return
        kept = [line for line in head[1:-1] if not line.lower().startswith(b"connection:")]
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(SOCKET)
            engine.sendall(b"".join([head[0], b"Connection: close\r\n", *kept, b"\r\n"]))
            while part := engine.recv(65536):
                self.wfile.write(part)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients may leave."""


open(REFUSED, "w", encoding="ascii").close()
Server(("127.0.0.1", int(PORT)), Proxy).serve_forever()
