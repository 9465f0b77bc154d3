#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An SMTP server on the loopback for tests: mail_server.py DIR starttls|smtps|plain. Prints its port; each mail is a file in DIR."""

import asyncio
import itertools
import logging
import os
import ssl
import sys
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

DIR, MODE = sys.argv[1], sys.argv[2]
USER, PASSWORD = b"heal", b"S3cr3tOfTheTests"
numbers = itertools.count()
logging.disable()
warnings.simplefilter("ignore")


class Handler:
    async def handle_DATA(self, server, session, envelope):
        name = os.path.join(DIR, f"mail-{next(numbers)}")
        head = f"from={envelope.mail_from} to={','.join(envelope.rcpt_tos)} tls={session.ssl is not None} "
        head += f"user={session.auth_data.decode() if session.authenticated else ''}\n"
        with open(name + ".new", "wb") as f:
            f.write(head.encode() + envelope.content)
        os.rename(name + ".new", name)
        return "250 taken"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 fine"


def authenticate(server, session, envelope, mechanism, data):
    if data.login != USER or data.password != PASSWORD:
        return AuthResult(success=False, handled=False)
    return AuthResult(success=True, auth_data=data.login)


async def main():
    tls = None
    if MODE != "plain":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(os.path.join(DIR, "cert.pem"), os.path.join(DIR, "key.pem"))
    starttls = tls if MODE == "starttls" else None
    over_tls = tls if MODE == "smtps" else None

    def session():
        return SMTP(Handler(), tls_context=starttls, require_starttls=starttls is not None, authenticator=authenticate,
                    auth_required=tls is not None, auth_require_tls=starttls is not None, hostname="localhost")

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=over_tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
