// SPDX-License-Identifier: MIT
// What the page knows: asked for when the stream says that something happened, and told on to the views as what changed.

import { get, head, poller } from "./api.js";
import { follow } from "./stream.js";
import * as token from "./token.js";
import { eventContainer } from "./words.js";

const PAUSE_MS = 1000; // between two looks, however much happens
const QUIETLY = { quiet: true, why: "From where you are, reading needs the token." };
const EVENTS_MAX = 2000; // that the page holds without being asked for more

export const known = {
    status: null,
    containers: new Map(), // full id -> container
    byName: new Map(),
    maintenance: null,
    events: null, // oldest first
    eventsCut: false, // there may be older ones
    seen: false, // what containers there are
    unseen: "", // why not, if serve said so
    update: false, // serve has another page than this one
    stale: "", // why what is shown may be old
    connection: "connecting",
    connectionWhy: "",
};

const listeners = new Map();

// Topics: containers ({ added, changed, removed }: sets of full ids; before: full id -> what it was), status, maintenance,
// events (the new ones, or null: all anew), connection, config. Returns how to stop.
export function on(topic, listener) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(listener);
    return () => listeners.get(topic).delete(listener);
}

function tell(topic, value) {
    for (const listener of [...(listeners.get(topic) ?? [])]) {
        try {
            listener(value);
        } catch (error) {
            reportError(error); // the others hear it all the same
        }
    }
}

// ---- Containers ----

const noChange = () => ({ added: new Set(), changed: new Set(), removed: new Set(), before: new Map() });

const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function takeContainers(list) {
    const change = noChange();
    const seen = new Map();
    for (const c of list) {
        c.name ||= c.id; // as in `ps`
        const was = known.containers.get(c.full_id);
        const isOld = was && isSame(was, c);
        seen.set(c.full_id, isOld ? was : c);
        if (!was) change.added.add(c.full_id);
        else if (!isOld) change.changed.add(c.full_id);
        if (was && !isOld) change.before.set(c.full_id, was);
    }
    for (const id of known.containers.keys()) if (!seen.has(id)) change.removed.add(id);
    known.containers = seen;
    known.byName = new Map([...seen.values()].map((c) => [c.name, c]));
    return change;
}

// By name; an address may have an id, or a name that it has no more.
export const find = (name) =>
    known.byName.get(name) ??
    [...known.containers.values()].find((c) => c.stable_id === name || c.full_id === name || c.id === name);

// ---- Looking ----

const containersPoll = poller("/api/containers?include_stopped=true", QUIETLY);
const statusPoll = poller("/api/status", QUIETLY);
const maintenancePoll = poller("/api/maintenance/status", QUIETLY);

async function lookAtContainers() {
    try {
        const list = await containersPoll.ask();
        const wasUnseen = !known.seen;
        known.seen = true;
        known.unseen = "";
        if (!list) return wasUnseen && tell("containers", noChange());
        const change = takeContainers(list);
        if (wasUnseen || change.added.size + change.changed.size + change.removed.size > 0) tell("containers", change);
    } catch (error) {
        if (error.status !== 503 || known.containers.size > 0) throw error;
        known.seen = false;
        known.unseen = error.message;
        tell("containers", noChange());
    }
}

async function lookAtStatus() {
    const status = await statusPoll.ask();
    if (status) {
        known.status = status;
        token.setNeeded(status.token_needed !== false);
        tell("status", status);
    }
    if (known.status && known.status.started_at !== startSeen) lookAtPage(known.status);
}

let startSeen = ""; // the serve whose page was looked at
let page = ""; // what this one is

// Only a serve that was started anew can have another page.
async function lookAtPage(status) {
    startSeen = status.started_at;
    try {
        const reply = await head("/assets/main.js");
        if (!reply.ok) throw new Error("somebody else's answer");
        const found = `${status.version} ${reply.headers.get("ETag")}`;
        page ||= found;
        known.update = page !== found;
        tell("connection");
    } catch {
        startSeen = ""; // with the next look
    }
}

let maintenancePrint = "";

async function lookAtMaintenance() {
    const maintenance = await maintenancePoll.ask();
    if (!maintenance) return;
    const print = JSON.stringify(maintenance);
    if (print === maintenancePrint) return;
    maintenancePrint = print;
    known.maintenance = maintenance;
    tell("maintenance", maintenance);
}

function setStale(why) {
    if (known.stale === why) return;
    known.stale = why;
    tell("connection");
}

let looking = null; // the look under way
let again = false;

async function lookOnce() {
    const results = await Promise.allSettled([lookAtStatus(), lookAtContainers(), lookAtMaintenance()]);
    const failed = results.find((r) => r.status === "rejected");
    if (failed && failed.reason.status === undefined) reportError(failed.reason);
    setStale(failed ? failed.reason.message : "");
}

// Everything that is shown, anew. However often it is called, one look is under way, and one more follows.
export function refresh() {
    if (looking) {
        again = true;
        return looking;
    }
    looking = (async () => {
        await lookOnce();
        setTimeout(() => {
            looking = null;
            if (again) refresh();
            again = false;
        }, PAUSE_MS);
    })();
    return looking;
}

// At once, for what the person has just done.
export async function refreshNow() {
    await lookOnce();
}

// ---- Events ----

let most = 2 * EVENTS_MAX; // that are held; more if somebody asked for all
let loads = 0;
let early = null; // heard while a load is under way, whose answer may not have them
let fresh = []; // heard in this moment

export async function loadEvents(limit = EVENTS_MAX) {
    const load = ++loads;
    early ??= [];
    let events;
    try {
        events = await get(`/api/events?limit=${limit}`, QUIETLY);
    } finally {
        if (load === loads && !events) early = null;
    }
    if (load !== loads) return; // a later one tells more
    const missed = early;
    early = null;
    known.events = events;
    known.eventsCut = limit > 0 && events.length >= limit;
    most = limit > 0 ? 2 * EVENTS_MAX : events.length + 2 * EVENTS_MAX;
    for (const event of missed) if (!has(events, event)) events.push(event);
    tell("events", null);
}

let isHistoryMissing = false;

function catchUp() {
    isHistoryMissing = false;
    loadEvents().catch(() => (isHistoryMissing = true));
}

const sameEvent = (a, b) =>
    a.timestamp === b.timestamp && a.event_type === b.event_type && a.container_id === b.container_id && a.message === b.message;

// Among those that are not older: after a break the stream tells some again.
function has(events, event) {
    for (let i = events.length - 1; i >= 0 && events[i].timestamp >= event.timestamp; i--)
        if (sameEvent(events[i], event)) return true;
    return false;
}

function tellFresh() {
    const those = fresh;
    fresh = [];
    tell("events", those);
}

// In a storm many come at once: they are told on together.
function takeEvent(event) {
    early?.push(event);
    if (!known.events || has(known.events, event)) return;
    known.events.push(event);
    if (known.events.length > most) {
        known.events.splice(0, known.events.length - most + EVENTS_MAX);
        known.eventsCut = true;
    }
    if (fresh.push(event) === 1) setTimeout(tellFresh, 50);
}

export const eventsOf = (name, stableId) =>
    (known.events ?? []).filter((e) => (e.stable_id ? e.stable_id === stableId : eventContainer(e) === name));

// ---- The stream ----

function hear(name, data) {
    if (name === "history") {
        takeEvent(data);
        if (data.event_type !== "health_check") refresh();
    } else if (name === "engine" && known.status) {
        known.status = { ...known.status, engine: data, docker_connected: data.connected };
        tell("status", known.status);
        refresh();
    } else if (name === "config") {
        tell("config", data);
        refresh();
    } else {
        refresh();
    }
}

function say(state, why) {
    if (state === "live") {
        // What was missed until now, and what was cleared.
        refresh().finally(catchUp);
        if (known.connection !== "connecting") tell("config", null);
    }
    if (known.connection === state && known.connectionWhy === why) return;
    known.connection = state;
    known.connectionWhy = why;
    tell("connection");
}

// Beside the stream, which tells of turns: what follows from the time alone, and everything while there is no stream.
function keepAsking() {
    const pause = Math.min(3600, Math.max(1, known.status?.config?.ui?.refresh_seconds ?? 5)) * 1000;
    setTimeout(async () => {
        if (isHistoryMissing) catchUp();
        if (!document.hidden || known.connection !== "live") await refresh().catch(() => {});
        keepAsking();
    }, pause);
}

export function start() {
    refresh().finally(() => known.connection === "live" || catchUp());
    follow(hear, say);
    keepAsking();
    document.addEventListener("visibilitychange", () => document.hidden || refresh());
}
