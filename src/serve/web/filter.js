// SPDX-License-Identifier: MIT
// What is searched for: words, and KEY=VALUE as `docker autoheal ps --filter` takes them.

import { healthOf, isDue, isOdd, isSick } from "./words.js";

const PROJECT = "com.docker.compose.project";

const has = (text, part) => (text ?? "").toLowerCase().includes(part);
const is = (text, word) => (text ?? "").toLowerCase() === word;

function hasLabel(c, wanted) {
    const at = wanted.indexOf("=");
    const key = at < 0 ? wanted : wanted.slice(0, at);
    return Object.entries(c.labels).some(
        ([k, v]) => k.toLowerCase() === key && (at < 0 || v.toLowerCase() === wanted.slice(at + 1)),
    );
}

const KEYS = {
    name: (c, v) => has(c.name, v),
    id: (c, v) => c.full_id.startsWith(v),
    image: (c, v) => has(c.image, v),
    label: hasLabel,
    project: (c, v) => is(c.labels[PROJECT], v),
    state: (c, v) => is(c.status, v),
    health: (c, v) => is(healthOf(c), v),
    verdict: (c, v) => is(c.verdict, v),
    decision: (c, v) => is(c.decision, v),
    reason: (c, v) => is(c.reason, v) || is(c.verdict_reason, v),
    monitored: (c, v) => String(c.monitored) === v,
    quarantined: (c, v) => String(c.quarantined) === v,
};

export const SHOWN = [
    ["all", "All"],
    ["monitored", "Monitored"],
    ["sick", "Failing or quarantined"],
    ["failing", "Failing"],
    ["quarantined", "Quarantined"],
    ["odd", "Worth a look"],
    ["due", "Something is due"],
    ["unmonitored", "Not monitored"],
];

const SHOW = {
    all: () => true,
    monitored: (c) => c.monitored,
    sick: isSick,
    failing: (c) => c.monitored && c.verdict === "failing",
    quarantined: (c) => c.quarantined,
    odd: isOdd,
    due: isDue,
    unmonitored: (c) => !c.monitored,
};

const texts = new WeakMap();

function textOf(c) {
    if (!texts.has(c))
        texts.set(
            c,
            [c.name, c.stable_id, c.image, c.id, c.labels[PROJECT], c.verdict, c.verdict_reason, c.reason].join("\n").toLowerCase(),
        );
    return texts.get(c);
}

function term(word) {
    const at = word.indexOf("=");
    const key = word.slice(0, Math.max(0, at));
    const test = Object.hasOwn(KEYS, key) ? KEYS[key] : null;
    const value = word.slice(at + 1);
    return test ? (c) => test(c, value) : (c) => textOf(c).includes(word);
}

// A function that tells whether a container fits.
export function matcher(query, show) {
    const terms = [...new Set(query.toLowerCase().split(/\s+/).filter(Boolean))].map(term);
    const shown = Object.hasOwn(SHOW, show) ? SHOW[show] : SHOW.all;
    return (c) => shown(c) && terms.every((fits) => fits(c));
}
