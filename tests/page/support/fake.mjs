// SPDX-License-Identifier: MIT
// The scripted engine (docs/testing.md), for crowds and for names that no real engine would take.
import { request } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { eventually } from './await.mjs';
import { start } from './process.mjs';

export async function startFake(dir, script) {
    const fake = new Fake(dir);
    writeFileSync(join(dir, 'script'), `${script}\n`);
    await fake.start();
    return fake;
}

// A word of the script, whatever bytes are in it.
export function quote(text) {
    const escape = (byte) => (byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
        ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`);
    return `"${[...Buffer.from(text)].map(escape).join('')}"`;
}

class Fake {
    constructor(dir) {
        this.dir = dir;
        this.socket = join(dir, 'fake.sock');
        this.host = `unix://${this.socket}`;
    }

    async start() {
        const log = join(this.dir, 'fake.out');
        this.process = start(process.env.FAKE_ENGINE, ['--socket', this.socket, '--script', join(this.dir, 'script')], { env: {}, log });
        await eventually('the fake engine listens', () => {
            if (!this.process.running()) throw new Error(readFileSync(log, 'utf8'));
            return readFileSync(log, 'utf8').includes('ready');
        });
    }

    end() {
        return this.process.end();
    }

    ask(method, path, body) {
        return new Promise((resolve, reject) => {
            const asked = request({ socketPath: this.socket, method, path, headers: { Host: 'fake' } }, (answer) => {
                const chunks = [];
                answer.on('data', (chunk) => chunks.push(chunk));
                answer.on('end', () => {
                    const text = Buffer.concat(chunks).toString();
                    if (answer.statusCode < 300) resolve(text);
                    else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
                });
            });
            asked.once('error', reject);
            asked.end(body);
        });
    }

    script(lines) {
        return this.ask('POST', '/_fake/script', lines);
    }
}
