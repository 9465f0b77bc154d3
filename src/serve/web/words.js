// SPDX-License-Identifier: MIT
// The words of the command line: durations, times, verdicts, what happens next.

import { now } from "./clock.js";

const UNITS = [
    [86400, "d"],
    [3600, "h"],
    [60, "m"],
    [1, "s"],
];

// 9000 -> "2h30m", as the command line writes it.
export function duration(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    let i = 0;
    while (i + 1 < UNITS.length && s < UNITS[i][0]) i++;
    const [large, suffix] = UNITS[i];
    const small = i + 1 < UNITS.length ? Math.floor((s % large) / UNITS[i + 1][0]) : 0;
    return `${Math.floor(s / large)}${suffix}${small ? small + UNITS[i + 1][1] : ""}`;
}

// 3723 -> "01:02:03"
export function stopwatch(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    return [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].map(two).join(":");
}

export const time = (iso) => (iso ? Date.parse(iso) : NaN);
export const secondsUntil = (iso) => Math.ceil((time(iso) - now()) / 1000);
export const secondsSince = (iso) => Math.floor((now() - time(iso)) / 1000);

export function ago(iso) {
    const s = secondsSince(iso);
    if (Number.isNaN(s)) return "never";
    if (s < 0) return `in ${duration(-s)}`;
    return s < 1 ? "just now" : `${duration(s)} ago`;
}

// Local times, as the command line writes them. Without Intl: to load that costs the first sight of the page more than all the rest.
const two = (n) => String(n).padStart(2, "0");
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

export function hour(ms) {
    const d = new Date(ms);
    return `${two(d.getHours())}:${two(d.getMinutes())}`;
}

export const day = (ms) => `${DAYS[new Date(ms).getDay()]} ${hour(ms)}`;

export function at(when) {
    const d = new Date(typeof when === "number" ? when : time(when));
    if (Number.isNaN(d.getTime())) return "";
    return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${hour(d)}:${two(d.getSeconds())}`;
}

// Of the browser, which may be another one than the server's.
export function zone() {
    const minutes = -new Date().getTimezoneOffset();
    const size = Math.abs(minutes);
    return size ? `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}` : "UTC";
}

export const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

export const isSick = (c) => c.quarantined || (c.monitored && c.verdict === "failing");

// As the engine says: healthy, unhealthy, starting, none.
export const healthOf = (c) => c.health?.status ?? "none";

const WORTH_A_LOOK = new Set([
    "unexplained-stop",
    "corpse",
    "orphaned",
    "crash-loop",
    "start-failed",
    "unproven",
    "check-unknown",
    "rebuilt",
]);

// Neither well nor failing, and nothing follows by itself: somebody should know.
export const isOdd = (c) =>
    c.monitored && !isSick(c) && (c.decision === "notify" || WORTH_A_LOOK.has(c.reason) || WORTH_A_LOOK.has(c.verdict_reason));

export function verdictText(c) {
    if (c.verdict === "ok" || !c.verdict_reason || c.verdict_reason === c.verdict) return c.verdict;
    return `${c.verdict} (${c.verdict_reason})`;
}

// As a badge has it, where nothing else beside it tells of the quarantine.
export const standing = (c) => (c.quarantined ? `quarantined, ${verdictText(c)}` : verdictText(c));

// What a colour says; the words say it too.
export function tone(c) {
    if (c.quarantined) return "quarantined";
    if (!c.monitored) return "unmonitored";
    if (c.verdict === "ok") return "ok";
    return c.verdict === "failing" ? "failing" : isOdd(c) ? "odd" : "other";
}

export const restartsText = (c) => (c.monitored ? `${c.restarts}/${c.max_restarts}` : "");

function whenHeld(c) {
    const isWaiting = c.reason === "in-flight" || c.reason === "stopping";
    if (!c.until || isWaiting) return `held (${c.reason})`;
    return `${c.reason === "quarantined" ? "release" : "restart"} in ${duration(secondsUntil(c.until))} (${c.reason})`;
}

// The same sentence as the column NEXT ACTION of `docker autoheal ps`.
export function nextAction(c) {
    if (!c.monitored) return "";
    if (c.decision === "none" || c.decision === "quarantine") return c.quarantined ? "held (quarantined)" : c.decision;
    if (c.decision === "hold") return whenHeld(c);
    return c.decision === "skip" ? `none (${c.reason})` : c.decision;
}

// Something will follow by itself at a time that is known.
export const isDue = (c) =>
    c.monitored && c.decision === "hold" && Boolean(c.until) && c.reason !== "in-flight" && c.reason !== "stopping";

// "name (stable id)" as it is stored.
export function eventContainer(e) {
    const text = String(e.container_name ?? "");
    const open = text.indexOf(" (");
    return open < 0 ? text : text.slice(0, open);
}

// Neither here nor anywhere else is a slash or a blank part of a path.
export const part = encodeURIComponent;
