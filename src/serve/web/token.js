// SPDX-License-Identifier: MIT
// The token: it comes behind '#', stays for the session, and is asked for where it is needed.
// No dialog: what was shown stays to be read.

import { put } from "./dom.js";
import { announce, notify } from "./notices.js";

const KEY = "autoheal-token";
const FITS = /^[!-~]{1,128}$/; // what can be a header, and a token
const MALFORMED = "A token is letters and digits without blanks.";
const PATIENCE_MS = 30000;
const prompt = document.getElementById("token-prompt");
const input = document.getElementById("token-input");
const why = document.getElementById("token-why");
const problem = document.getElementById("token-error");
const opener = document.getElementById("token-button");

let token = "";
let asked = null; // { promise, resolve } of those who wait for an answer
let isNeeded = true; // by who changes something
let wasDeclined = false; // since then nobody has asked for it
let before = null; // what had the focus
const listeners = new Set();

export const current = () => token;
export const onToken = (listener) => listeners.add(listener);

function keep(value) {
    token = value;
    try {
        if (value) sessionStorage.setItem(KEY, value);
        else sessionStorage.removeItem(KEY);
    } catch {
        // Without storage it lives as long as the page.
    }
    opener.dataset.has = value ? "yes" : "no";
    opener.title = value ? "A token is in use" : "No token: what is here can be read only";
}

// Out of the address at once, and so out of screenshots. What the browser has written of it on its disk no page can take back.
export function takeFromAddress() {
    const found = /^#token=(.*)$/s.exec(location.hash);
    if (!found) return;
    let value = found[1];
    try {
        value = decodeURIComponent(value);
    } catch {
        // As it is written, then.
    }
    history.replaceState(null, "", `${location.pathname}#/`);
    follow(value);
}

let links = 0; // of several the last one counts

// One that is in use is not lost to one that the server does not take.
async function follow(value) {
    const turn = ++links;
    let wrong = FITS.test(value) ? "" : MALFORMED;
    if (!wrong && token && token !== value) wrong = await tried(value);
    if (turn !== links) return;
    if (wrong) return notify("error", `The link's token is not used: ${wrong}${token ? " The one before stays." : ""}`);
    if (token !== value) use(value);
    announce("The token is in use");
}

// Why the server does not take it; nothing if it does.
async function tried(value) {
    try {
        const reply = await fetch("/api/status", {
            headers: { Authorization: `Bearer ${value}` },
            signal: AbortSignal.timeout(PATIENCE_MS),
            cache: "no-store",
            redirect: "error",
        });
        if (reply.status === 401) return "That is not the token.";
        if (reply.status === 429) return "Too many wrong tokens came from here: wait a few seconds.";
        return reply.ok ? "" : `The server answers ${reply.status}.`;
    } catch {
        return "The server cannot be reached.";
    }
}

function use(value) {
    keep(value);
    if (!prompt.hidden) answer(true);
    for (const listener of listeners) listener();
}

function restore() {
    try {
        const kept = sessionStorage.getItem(KEY) ?? "";
        keep(FITS.test(kept) ? kept : "");
    } catch {
        keep("");
    }
}

function show(reason, { quiet } = {}) {
    put(why, reason);
    put(problem, "");
    input.removeAttribute("aria-invalid");
    if (prompt.hidden) before = document.activeElement;
    prompt.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    if (!quiet) input.focus();
}

// The server does not know it any more. Whoever is reading or typing keeps the focus.
export function refused(value) {
    if (value !== token) return;
    keep("");
    const until = "Until another is given nothing can be changed, and only what needs none can be read.";
    show(`The token is not the right one any more. ${until}`, { quiet: true });
}

function hide() {
    const had = prompt.contains(document.activeElement);
    prompt.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    input.value = "";
    if (had && before?.isConnected) before.focus();
}

function answer(given) {
    hide();
    wasDeclined = !given;
    asked?.resolve(given);
    asked = null;
}

// True once there is a token, false if the person would rather not. quiet: whoever is at something else keeps the focus.
export function ask(reason, quiet) {
    if (!asked) {
        asked = {};
        asked.promise = new Promise((resolve) => (asked.resolve = resolve));
    }
    show(reason, { quiet: quiet && document.activeElement !== document.body });
    return asked.promise;
}

export const isDeclined = () => wasDeclined && !token;

// As the server says.
export const setNeeded = (value) => (isNeeded = value);
export const isMissing = () => isNeeded && !token;

function complain(text) {
    put(problem, text);
    input.setAttribute("aria-invalid", "true");
    input.select();
    input.focus();
}

async function take(event) {
    event.preventDefault();
    const value = input.value.trim();
    if (!FITS.test(value)) return complain(MALFORMED);
    put(problem, "Asking…");
    const wrong = await tried(value);
    if (prompt.hidden) return; // left meanwhile
    if (wrong) return complain(wrong);
    use(value);
}

restore();
prompt.addEventListener("submit", take);
prompt.addEventListener("keydown", (event) => event.key === "Escape" && answer(false));
prompt.querySelector("[data-action=token-cancel]").addEventListener("click", () => answer(false));
prompt.querySelector("[data-action=token-forget]").addEventListener("click", () => {
    keep("");
    answer(false);
    for (const listener of listeners) listener();
});
opener.addEventListener("click", () => {
    if (!prompt.hidden) answer(false);
    else
        show(
            token
                ? "A token is in use. Another one takes its place."
                : "Without it, what is here can be read on this host, and nothing changed.",
        );
});
