// SPDX-License-Identifier: MIT
// Requests to the API, and what went wrong in words.

import { noteServerDate } from "./clock.js";
import * as token from "./token.js";

const PATIENCE_MS = 30000;

export class ApiError extends Error {
    constructor(status, message, issues = []) {
        super(message);
        this.status = status; // 0: no answer came
        this.issues = issues; // [{ path, message }] of a 422
    }
}

const pathOf = (loc) => (loc ?? []).filter((place) => !["body", "query", "path"].includes(place)).join(".");

function fromDetail(status, detail) {
    if (!Array.isArray(detail)) return new ApiError(status, detail ? String(detail) : `the server answers ${status}`);
    const issues = detail.map((issue) => ({ path: pathOf(issue.loc), message: String(issue.msg) }));
    return new ApiError(status, issues.map((i) => (i.path ? `${i.path}: ${i.message}` : i.message)).join("; "), issues);
}

function errorOf(status, text) {
    try {
        return fromDetail(status, JSON.parse(text).detail);
    } catch {
        return fromDetail(status, "");
    }
}

// early.js has asked for some of it already: such an answer is taken once. It may not have been loaded.
function asked(path, withToken) {
    const found = window.asked?.get(path);
    window.asked?.delete(path);
    return found?.token === withToken ? found : null;
}

async function exchange(path, init) {
    const reply = await fetch(path, { ...init, cache: "no-store", redirect: "error" });
    return { reply, text: await reply.text() };
}

async function send(method, path, options, withToken) {
    const headers = new Headers(options.headers);
    let body = options.body;
    if (withToken) headers.set("Authorization", `Bearer ${withToken}`);
    if (body !== undefined && !(body instanceof FormData)) {
        headers.set("Content-Type", "application/json");
        body = JSON.stringify(body);
    }
    const early = method === "GET" ? asked(path, withToken) : null;
    const patience = early?.patience ?? new AbortController();
    const timer = setTimeout(() => patience.abort(), options.patience ?? PATIENCE_MS);
    const stop = () => patience.abort();
    options.signal?.addEventListener("abort", stop);
    try {
        const answer = await (early?.answer ?? exchange(path, { method, headers, body, signal: patience.signal }));
        noteServerDate(answer.reply.headers.get("Date"));
        return answer;
    } catch {
        const late = `the server did not answer in time${method === "GET" ? "" : "; it may be done all the same"}`;
        throw new ApiError(0, patience.signal.aborted ? late : "the server cannot be reached");
    } finally {
        clearTimeout(timer);
        options.signal?.removeEventListener("abort", stop);
    }
}

// quiet: nobody has just done something; who would rather not give the token is not asked again and again.
const askFor = async (reason, quiet) => {
    if ((quiet && token.isDeclined()) || !(await token.ask(reason, quiet))) throw new ApiError(401, "the token is needed for that");
};

// A token that is refused is not shown again: reading may go on without, the rest asks for the right one.
async function sendAllowed(method, path, options) {
    const why = options.why ?? "This needs the token.";
    const isForMore = method !== "GET" || options.needsToken;
    for (;;) {
        if (isForMore && token.isMissing()) await askFor(why);
        const used = token.current();
        let sent = await send(method, path, options, used);
        if (sent.reply.status === 401 && used) {
            token.refused(used);
            if (!isForMore) sent = await send(method, path, options, "");
        }
        if (sent.reply.status !== 401) return sent;
        if (token.current() === "" || token.current() === used)
            await askFor(used ? "The token is not the right one any more." : why, options.quiet);
    }
}

// { value, etag, reply }; value is undefined for 304 and for answers that are no JSON.
export async function request(method, path, options = {}) {
    const { reply, text } = await sendAllowed(method, path, options);
    if (!reply.ok && reply.status !== 304) throw errorOf(reply.status, text);
    let value;
    if (reply.status !== 304 && (reply.headers.get("Content-Type") ?? "").includes("json")) {
        try {
            value = JSON.parse(text);
        } catch {
            throw new ApiError(reply.status, "the answer was cut off");
        }
    }
    return { value, etag: reply.headers.get("ETag"), reply, text };
}

export const get = async (path, options) => (await request("GET", path, options)).value;
export const post = async (path, body, options) => (await request("POST", path, { ...options, body })).value;
export const put = async (path, body, options) => (await request("PUT", path, { ...options, body })).value;
export const del = async (path, options) => (await request("DELETE", path, options)).value;

// Of what is free for all: no token goes with it.
export const head = async (path) => (await send("HEAD", path, {}, "")).reply;

// What is asked again and again: undefined if it is still what it was.
export function poller(path, options) {
    let etag = null;
    let asked = 0;
    let taken = 0;
    return {
        async ask() {
            const turn = ++asked;
            const answer = await request("GET", path, { ...options, headers: etag ? { "If-None-Match": etag } : {} });
            if (turn < taken) return undefined; // a later one came before it
            taken = turn;
            if (answer.etag) etag = answer.etag;
            return answer.value;
        },
    };
}
