// SPDX-License-Identifier: MIT
// A real `docker-autoheal serve` with a data directory of its own, and what it wrote there.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { eventually } from './await.mjs';
import { freePort, run, start } from './process.mjs';

export const TOKEN = 'page-test-0123456789abcdef';
const REPORT = 'checker'; // what a sanitizer has to say goes to files of this name

// Restarts wait for nothing unless a test says otherwise.
const EAGER = { restart: { cooldown_seconds: 0, exit_grace_seconds: 0, deploy_hold_seconds: 0, verify_seconds: 1, backoff: { enabled: false } } };

function merge(base, over) {
    const object = (value) => value && typeof value === 'object' && !Array.isArray(value);
    const result = { ...base };
    for (const [key, value] of Object.entries(over)) result[key] = object(value) && object(base[key]) ? merge(base[key], value) : value;
    return result;
}

// The ports stand in config.json, so that no variable wins over what the page sets.
export async function startServe(dir, host, { config = {}, env = {}, token = TOKEN, args = [], files = {} } = {}) {
    const serve = new Serve(dir, host, { env, token, args });
    serve.port = await freePort();
    mkdirSync(serve.data, { mode: 0o700, recursive: true });
    const ports = { ui: { listen_port: serve.port }, observability: { metrics_port: await freePort() } };
    writeFileSync(join(serve.data, 'config.json'), JSON.stringify(merge(merge(EAGER, ports), config)), { mode: 0o600 });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(serve.data, name), JSON.stringify(content), { mode: 0o600 });
    await serve.start();
    return serve;
}

class Serve {
    constructor(dir, host, { env, token, args }) {
        Object.assign(this, { dir, token, args, data: join(dir, 'data'), log: join(dir, 'serve.out') });
        this.env = {
            PATH: process.env.PATH,
            HOME: dir,
            DOCKER_HOST: host,
            AUTOHEAL_DATA_DIR: this.data,
            ASAN_OPTIONS: `exitcode=99:log_path=${join(dir, REPORT)}`,
            UBSAN_OPTIONS: `print_stacktrace=1:exitcode=99:log_path=${join(dir, REPORT)}`,
            ...env,
        };
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    async start() {
        this.process = start(process.env.AUTOHEAL_BIN, ['serve', ...this.args], { env: { ...this.env, AUTOHEAL_API_TOKEN: this.token }, log: this.log });
        await eventually('serve answers, and has seen the engine', async () => {
            if (!this.process.running()) throw new Error(readFileSync(this.log, 'utf8'));
            return (await fetch(`${this.url}/ready`)).ok;
        });
    }

    // What the command says; it works on the same data directory.
    command(...args) {
        return run(process.env.AUTOHEAL_BIN, args, { env: this.env });
    }

    async ask(method, path, body) {
        const headers = { Authorization: `Bearer ${this.token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) };
        const answer = await fetch(this.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        return text ? JSON.parse(text) : null;
    }

    has(name) {
        return existsSync(join(this.data, name));
    }

    files(prefix) {
        return readdirSync(this.data).filter((name) => name.startsWith(prefix));
    }

    // A file of the data directory, parsed; {} if it is not there.
    read(name) {
        return this.has(name) ? JSON.parse(readFileSync(join(this.data, name), 'utf8')) : {};
    }

    // The events of that type about that container, oldest first.
    events(type, container) {
        const about = (event) => !container || event.container_name?.startsWith(`${container} (`);
        return (this.has('events.json') ? this.read('events.json') : []).filter((event) => event.event_type === type && about(event));
    }

    awaitEvent(type, container, count = 1) {
        return eventually(`event '${type}' about '${container ?? 'any'}'`, () => this.events(type, container).length >= count);
    }

    async end(signal = 'SIGTERM') {
        const code = await this.process.end(signal);
        const reports = readdirSync(this.dir).filter((name) => name.startsWith(`${REPORT}.`)).map((name) => readFileSync(join(this.dir, name), 'utf8'));
        if (reports.length > 0) throw new Error(reports.join('\n'));
        if (signal === 'SIGTERM' && code !== 0) throw new Error(`serve ended with ${code}:\n${readFileSync(this.log, 'utf8').slice(-4000)}`);
    }
}
