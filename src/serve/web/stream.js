// SPDX-License-Identifier: MIT
// The event stream, read with fetch so that the token goes as a header; it comes back by itself.

import * as token from "./token.js";

const SILENCE_MS = 40000; // the server says something every 15 s
const PAUSE_MAX_MS = 10000;
const MESSAGE_MAX = 4 * 1024 * 1024; // characters
const HIDDEN_MS = 60000; // a browser has six connections to a host, and all its tabs share them

let lastId = "";

// One message of text/event-stream.
function parse(block) {
    const message = { name: "message", data: [] };
    for (const line of block.split("\n")) {
        const colon = line.indexOf(":");
        if (colon <= 0) continue;
        const value = line.slice(colon + 1).replace(/^ /, "");
        const key = line.slice(0, colon);
        if (key === "event") message.name = value;
        else if (key === "data") message.data.push(value);
        else if (key === "id") message.id = value;
    }
    return message.data.length ? message : null;
}

function tell(block, hear) {
    const message = parse(block);
    if (!message) return;
    let data;
    try {
        data = JSON.parse(message.data.join("\n"));
    } catch {
        return;
    }
    if (message.id) lastId = message.id;
    hear(message.name, data);
}

async function read(body, hear, alive) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        alive();
        rest += value;
        const blocks = rest.split("\n\n");
        rest = blocks.pop();
        if (rest.length > MESSAGE_MAX) return;
        for (const block of blocks) tell(block, hear);
    }
}

const WHYS = { silent: "nothing comes any more", hidden: "it rests while nobody looks", token: "with the other token" };

// Until it breaks. Says why it did.
async function once(hear, say, control) {
    let timer = 0;
    const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => control.abort("silent"), SILENCE_MS);
    };
    const used = token.current();
    const headers = used ? { Authorization: `Bearer ${used}` } : {};
    if (lastId) headers["Last-Event-ID"] = lastId;
    alive();
    try {
        const reply = await fetch("/api/events/stream", { headers, signal: control.signal, cache: "no-store", redirect: "error" });
        if (reply.status === 401) {
            if (used) token.refused(used);
            return used ? "the token is not the right one any more" : "token";
        }
        if (!reply.ok)
            return reply.status === 503 ? "the server has no place for one more reader" : `the server answers ${reply.status}`;
        say("live", "");
        await read(reply.body, hear, alive);
        return "the server ended the stream";
    } catch {
        return WHYS[control.signal.reason] ?? "the server cannot be reached";
    } finally {
        clearTimeout(timer);
        control.abort("over"); // what is left of it is not wanted
    }
}

// hear(name, data); say("connecting" | "live" | "reconnecting" | "token", why).
export async function follow(hear, say) {
    let wake = () => {};
    let control = null;
    const hurry = () => wake();
    let hiding = 0;
    let isResting = false;
    const seen = () => {
        clearTimeout(hiding);
        isResting = false;
        if (!document.hidden) return hurry();
        hiding = setTimeout(() => {
            isResting = true;
            control?.abort("hidden");
        }, HIDDEN_MS);
    };
    window.addEventListener("online", hurry);
    window.addEventListener("offline", () => control?.abort("offline"));
    document.addEventListener("visibilitychange", seen);
    token.onToken(() => (control?.abort("token"), hurry()));
    say("connecting", "");
    for (let pause = 250; ; pause = Math.min(PAUSE_MAX_MS, pause * 2)) {
        while (isResting) await new Promise((resolve) => (wake = resolve));
        control = new AbortController();
        const began = Date.now();
        const why = await once(hear, say, control);
        if (Date.now() - began > 5000) pause = 250;
        say(why === "token" ? "token" : "reconnecting", why === "token" ? "the token is needed" : why);
        await new Promise((resolve) => {
            const timer = setTimeout(resolve, why === "token" ? PAUSE_MAX_MS : pause);
            wake = () => (clearTimeout(timer), resolve());
        });
    }
}
