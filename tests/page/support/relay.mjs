// SPDX-License-Identifier: MIT
// A relay between browser and serve that can stall (connections stay, nothing goes through) or be cut. It may add headers to each
// request, as a proxy does.
import { connect, createServer } from 'node:net';

export async function startRelay(port, headers = {}) {
    const relay = new Relay(port, headers);
    await relay.listen();
    return relay;
}

class Relay {
    constructor(target, headers) {
        this.target = target;
        this.more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
        this.pairs = new Set();
        this.stalled = false;
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    listen() {
        this.server = createServer((client) => this.accept(client));
        return new Promise((resolve, reject) => {
            this.server.once('error', reject);
            this.server.listen(this.port ?? 0, '127.0.0.1', () => {
                this.port = this.server.address().port;
                resolve();
            });
        });
    }

    accept(client) {
        const target = connect(this.target, '127.0.0.1');
        const pair = [client, target];
        const drop = () => {
            this.pairs.delete(pair);
            for (const socket of pair) socket.destroy();
        };
        this.pairs.add(pair);
        for (const [from, to] of [pair, [target, client]]) {
            from.on('data', (chunk) => to.write(from === client && this.more ? this.addTo(chunk) : chunk));
            from.on('error', drop);
            from.on('close', drop);
        }
        if (this.stalled) for (const socket of pair) socket.pause();
    }

    // A browser sends a request's head in one piece.
    addTo(chunk) {
        return Buffer.from(chunk.toString('latin1').replace(/^((?:GET|HEAD|POST|PUT|DELETE) [^\r\n]*\r\n)/, `$1${this.more}`), 'latin1');
    }

    stall() {
        this.stalled = true;
        for (const pair of this.pairs) for (const socket of pair) socket.pause();
    }

    // Into each answer that is on its way, as if serve had said it.
    say(text) {
        for (const [client] of this.pairs) client.write(text);
    }

    resume() {
        this.stalled = false;
        for (const pair of this.pairs) for (const socket of pair) socket.resume();
    }

    // Nobody listens, and all connections break.
    cut() {
        const closed = new Promise((resolve) => this.server.close(resolve));
        for (const pair of this.pairs) for (const socket of pair) socket.destroy();
        return closed;
    }

    async end() {
        if (this.server.listening) await this.cut();
    }
}
